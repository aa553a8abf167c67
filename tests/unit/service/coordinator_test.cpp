#include "coordinator/service/coordinator.h"

#include <catch2/catch.hpp>
#include <set>
#include <thread>

#include "base/file.h"
#include "base/log.h"
#include "proto/channel.h"
#include "proto/convert.h"
#include "record/limits.h"
#include "tests/unit/service/service_fixture.h"

using namespace cox;        // NOLINT: a test
using namespace cox::test;  // NOLINT

namespace {
using Rows = std::vector<std::string>;
}  // namespace

TEST_CASE("A dry run answers as the submission would, and adds nothing") {
  ServiceFixture test;
  test.submit("s1", 2, 3);
  v1::SubmitRequest request = service::submit_request_of(sample_plan("s1", 3, 2));
  request.set_dry_run(true);
  const v1::SubmitReply preview = must(test.coordinator->submit(request));
  CHECK(test.query("SELECT count(*) FROM submissions") == std::vector<std::string>{"1|"});
  CHECK(test.query("SELECT count(*) FROM jobs") == std::vector<std::string>{"6|"});
  request.set_dry_run(false);
  const v1::SubmitReply reply = must(test.coordinator->submit(request));
  CHECK(preview.SerializeAsString() == reply.SerializeAsString());
  CHECK(reply.new_runs() == 1);
  CHECK(reply.cancelled_jobs() == 2);
}

TEST_CASE("The log file records who joined and left, what was leased, and how each job ended") {
  ServiceFixture test;
  const std::string file = test.directory / "log";
  set_log_file(file);
  test.submit("s1", 2, 1);
  const std::string worker = test.join("w1");
  const v1::Bundle bundle = test.lease(worker, 2).bundle();
  REQUIRE(bundle.jobs_size() == 2);
  v1::ReportRequest report = ServiceFixture::result_of(worker, bundle, 0);
  report.mutable_reports(0)->set_started_us(1'000'000);
  report.mutable_reports(0)->set_finished_us(3'500'000);
  REQUIRE(test.accepts(report));
  report = ServiceFixture::result_of(worker, bundle, 1);
  report.mutable_reports(0)->mutable_failure()->set_cause(v1::FAILURE_CAUSE_DATA);
  report.mutable_reports(0)->mutable_failure()->set_message("the video is too short");
  REQUIRE(test.accepts(report));
  v1::LeaveRequest leave;
  leave.set_worker_id(worker);
  must(test.coordinator->leave(leave));
  set_log_file("/dev/stderr");
  set_log_level(LogLevel::kWarning);
  const std::string log = must(read_file(file));
  for (const std::string& line :
       {"worker joined worker=" + worker, "jobs leased worker=" + worker,
        std::string("job done worker=") + worker + " series=s1", std::string("seconds=2.500"),
        std::string("job failed worker=") + worker, std::string("the video is too short"),
        "worker left worker=" + worker}) {
    INFO(line << "\n" << log);
    CHECK(log.find(line) != std::string::npos);
  }
}

TEST_CASE("A job goes from a submission over a lease to a row of results") {
  ServiceFixture test;
  CHECK(test.submit("s1", 2, 1).new_jobs() == 2);
  const std::string worker = test.join("w0");
  const v1::Bundle bundle = test.lease(worker, 8).bundle();
  REQUIRE(bundle.jobs_size() == 2);
  CHECK(bundle.video().path() == "/data/clip-0.mp4");
  CHECK(bundle.video().caption() == "caption 0");
  CHECK(bundle.jobs(0).run().method() == "none");
  CHECK(parameters_from(bundle.jobs(0).run().parameters()).value().at("seed") == Value(0));
  CHECK(test.progress().leased() == 2);

  v1::ReportRequest result = ServiceFixture::result_of(worker, bundle);
  result.mutable_reports(0)->mutable_output()->set_reference_digest("of-pixels");
  CHECK(test.accepts(result));
  const v1::ProgressReply progress = test.progress();
  CHECK(progress.done() == 1);
  CHECK(progress.leased() == 1);
  CHECK(progress.workers() == 1);
  CHECK(test.query("SELECT run, video, psnr, attempt, worker, reference_digest FROM v_results") ==
        Rows{"run-0|clip-0|21.5|1|w0|of-pixels|"});
}

TEST_CASE("Events report what happened, including the metrics of a finished job") {
  ServiceFixture test;
  test.submit("s1", 1, 1);
  const std::string worker = test.join("w0");
  const v1::Bundle bundle = test.lease(worker).bundle();
  const std::uint64_t before = test.progress().sequence();
  v1::ReportRequest result = ServiceFixture::result_of(worker, bundle);
  v1::MetricValue& of_sets = *result.mutable_reports(0)->mutable_output()->add_metrics();
  of_sets.set_name("fvd_dfot");
  of_sets.add_features(0.5F);
  must(test.coordinator->report(result));

  const v1::ProgressReply reply = test.progress(before);
  REQUIRE(reply.events_size() == 1);
  CHECK(reply.events(0).kind() == "done");
  CHECK(reply.events(0).run() == "run-0");
  CHECK(reply.events(0).video() == "clip-0");
  CHECK(reply.events(0).metrics().at("psnr") == 21.5);
  CHECK_FALSE(reply.events(0).metrics().contains("fvd_dfot"));  // it has a value over sets only
  CHECK(test.progress(reply.sequence()).events_size() == 0);
  CHECK(test.progress(0, "s1").events_size() > 0);
}

TEST_CASE("The same sweep again makes no job and names the owner") {
  ServiceFixture test;
  test.submit("s1", 2, 3);
  const v1::SubmitReply again = test.submit("s2", 2, 3);
  CHECK(again.new_jobs() == 0);
  CHECK(again.known_jobs() == 6);
  REQUIRE(again.known_size() == 2);
  CHECK(again.known(1).series() == "s1");
  CHECK(again.known(1).owner() == "run-1");
}

TEST_CASE(
    "A sweep submitted again from another place moves the model for every job still to come") {
  ServiceFixture test;
  sweep::SweepPlan plan = sample_plan("s1", 2, 3);
  must(test.coordinator->submit(service::submit_request_of(plan)));
  plan.model.directory = "/new/place";
  CHECK(must(test.coordinator->submit(service::submit_request_of(plan))).known_jobs() == 6);
  test.reopen();

  const auto open = must(test.coordinator->open_runs());
  REQUIRE(open.size() == 2);
  CHECK(open[0].name == "s1/run-0");
  CHECK(open[0].files.directory == "/new/place");
  CHECK(open[0].open_jobs == 3);
  CHECK(open[1].files.directory == "/new/place");
  const std::string worker = test.join("w0");
  CHECK(test.lease(worker).bundle().jobs(0).run().model().directory() == "/new/place");

  v1::SelectRequest all;
  all.set_series("s1");
  must(test.coordinator->cancel(all));
  CHECK(must(test.coordinator->open_runs()).empty());
}

TEST_CASE("A run that the file no longer has leaves the series, and its jobs are cancelled") {
  ServiceFixture test;
  sweep::SweepPlan plan = sample_plan("s1", 2, 3);
  must(test.coordinator->submit(service::submit_request_of(plan)));
  plan.runs.pop_back();
  const v1::SubmitReply edited = must(test.coordinator->submit(service::submit_request_of(plan)));
  CHECK(edited.known_jobs() == 3);
  CHECK(edited.retired_runs() == 1);
  CHECK(edited.cancelled_jobs() == 3);
  test.reopen();
  CHECK(test.query("SELECT run, count(*) FROM v_jobs GROUP BY run") == Rows{"run-0|3|"});
  CHECK(test.query("SELECT run, superseded FROM v_runs ORDER BY run") ==
        Rows{"run-0|0|", "run-1|1|"});
  CHECK(must(test.coordinator->open_runs()).size() == 1);
}

TEST_CASE("A worker that cannot continue returns its jobs without blame, and the reason is kept") {
  ServiceFixture test;
  test.submit("s1", 2, 1);
  const std::string worker = test.join("w0");
  REQUIRE(test.lease(worker, 8).bundle().jobs_size() == 2);
  v1::LeaveRequest leaving;
  leaving.set_worker_id(worker);
  leaving.set_reason("model directory /m is not there");
  must(test.coordinator->leave(leaving));
  CHECK(test.progress().queued() == 2);
  CHECK(test.query("SELECT outcome, cause, message FROM v_attempts WHERE run = 'run-0'") ==
        Rows{"returned|NULL|model directory /m is not there|"});
  CHECK(test.query("SELECT count(*) FROM v_events WHERE kind = 'returned'") == Rows{"2|"});
}

TEST_CASE("A repeated report gets the first answer, a stale one a refusal with its reason") {
  ServiceFixture test;
  test.submit("s1", 1, 1);
  const std::string worker = test.join("w0");
  const v1::Bundle bundle = test.lease(worker).bundle();
  v1::ReportRequest report = ServiceFixture::result_of(worker, bundle);
  CHECK(test.accepts(report));
  CHECK(test.accepts(report));
  CHECK(test.query("SELECT count(*) FROM results") == Rows{"1|"});
  report.mutable_reports(0)->set_attempt(9);
  const v1::Verdict stale = must(test.coordinator->report(report)).verdicts(0);
  CHECK(stale.kind() == v1::Verdict::KIND_LATE);
  CHECK(stale.reason().find("attempt 9") != std::string::npos);
}

TEST_CASE("Each report of a call has its own verdict, and a bad one does not hold up the others") {
  ServiceFixture test;
  test.submit("s1", 4, 1);
  const std::string worker = test.join("w0");
  const v1::Bundle bundle = test.lease(worker, 4).bundle();
  v1::ReportRequest call;
  for (int job = 0; job < 4; ++job) {
    call.MergeFrom(ServiceFixture::result_of(worker, bundle, job));
  }
  call.mutable_reports(1)->set_attempt(9);
  call.mutable_reports(2)->clear_output();
  const v1::ReportReply reply = must(test.coordinator->report(call));
  REQUIRE(reply.verdicts_size() == 4);
  CHECK(reply.verdicts(0).kind() == v1::Verdict::KIND_ACCEPTED);
  CHECK(reply.verdicts(1).kind() == v1::Verdict::KIND_LATE);
  CHECK(reply.verdicts(2).kind() == v1::Verdict::KIND_INVALID);
  CHECK(reply.verdicts(2).reason().find("outcome") != std::string::npos);
  CHECK(reply.verdicts(3).kind() == v1::Verdict::KIND_ACCEPTED);
  CHECK(test.query("SELECT run FROM v_results ORDER BY run") == Rows{"run-0|", "run-3|"});
}

TEST_CASE("A call carries at least one report and at most the bound") {
  ServiceFixture test;
  v1::ReportRequest call;
  CHECK(test.coordinator->report(call).status().code() == StatusCode::kInvalidArgument);
  for (int i = 0; i <= wire::kMaxReportsInCall; ++i) call.add_reports();
  CHECK(test.coordinator->report(call).status().code() == StatusCode::kInvalidArgument);
}

TEST_CASE("Paused jobs are not handed out until they are resumed") {
  ServiceFixture test;
  test.submit("s1", 1, 2);
  const std::string worker = test.join("w0");
  v1::SelectRequest series;
  series.set_series("s1");
  CHECK(must(test.coordinator->pause(series)).changed_jobs() == 2);
  CHECK(test.progress().paused() == 2);
  CHECK(test.progress().queued() == 0);
  CHECK_FALSE(test.lease(worker).has_bundle());
  CHECK(must(test.coordinator->resume(series)).changed_jobs() == 2);
  CHECK(test.lease(worker).has_bundle());
  series.set_series("nowhere");
  CHECK(test.coordinator->pause(series).status().code() == StatusCode::kNotFound);
  CHECK(test.coordinator->resume({}).status().code() == StatusCode::kInvalidArgument);
}

TEST_CASE("A priority is changed without submitting again, and outlives the coordinator") {
  ServiceFixture test;
  test.submit("s1", 2, 2);
  const std::string worker = test.join("w0");
  v1::PriorityRequest request;
  request.mutable_select()->set_series("s1");
  request.mutable_select()->set_run("run-1");
  request.set_priority(3);
  CHECK(must(test.coordinator->set_priority(request)).changed_jobs() == 2);
  CHECK(must(test.coordinator->set_priority(request)).untouched_jobs() == 2);
  test.reopen();
  CHECK(test.query("SELECT run, priority FROM v_jobs GROUP BY 1, 2 ORDER BY 1") ==
        Rows{"run-0|0|", "run-1|3|"});
  for (int i = 0; i < 2; ++i) {
    const v1::LeaseReply lease = test.lease(worker);
    const std::string job = lease.bundle().jobs(0).job_digest();
    CHECK(test.query("SELECT run FROM v_jobs WHERE job_digest = '" + job + "'") == Rows{"run-1|"});
  }
  request.mutable_select()->set_series("nowhere");
  CHECK(test.coordinator->set_priority(request).status().code() == StatusCode::kNotFound);
  CHECK(test.coordinator->set_priority({}).status().code() == StatusCode::kInvalidArgument);
}

TEST_CASE("A series that has used its GPU-hours is stopped, which everybody can see") {
  ServiceFixture test;
  v1::SubmitRequest request = service::submit_request_of(sample_plan("s1", 1, 3));
  request.mutable_policy()->set_max_gpu_hours(0.5);
  must(test.coordinator->submit(request));
  const std::string worker = test.join("w0");
  v1::ReportRequest report = test.result_of(worker, test.lease(worker).bundle());
  report.mutable_reports(0)->set_started_us(1'000'000);
  report.mutable_reports(0)->set_finished_us(1'801'000'000);
  must(test.coordinator->report(report));
  CHECK(test.progress().stopped() == 2);
  CHECK(test.progress().queued() == 0);
  CHECK(test.query("SELECT state, stop_reason, count(*) FROM v_jobs GROUP BY 1, 2 ORDER BY 1") ==
        Rows{"done|NULL|1|", "stopped|budget|2|"});
  CHECK(test.query("SELECT stopped FROM v_runs") == Rows{"2|"});
  CHECK(test.query("SELECT gpu_hours FROM v_series") == Rows{"0.5|"});
  test.reopen();
  CHECK_FALSE(test.lease(worker).has_bundle());
  request.mutable_policy()->set_max_gpu_hours(2);
  must(test.coordinator->submit(request));
  CHECK(test.lease(worker).has_bundle());
  request.mutable_policy()->set_max_gpu_hours(-1);
  CHECK(test.coordinator->submit(request).status().code() == StatusCode::kInvalidArgument);
}

TEST_CASE("A dry run of pause, cancel or retry counts as the call would, and changes nothing") {
  ServiceFixture test;
  test.submit("s1", 1, 2);
  v1::SelectRequest dry;
  dry.set_series("s1");
  dry.set_dry_run(true);
  CHECK(must(test.coordinator->pause(dry)).changed_jobs() == 2);
  CHECK(must(test.coordinator->cancel(dry)).changed_jobs() == 2);
  CHECK(test.progress().queued() == 2);
  v1::SelectRequest real = dry;
  real.set_dry_run(false);
  CHECK(must(test.coordinator->cancel(real)).changed_jobs() == 2);
  v1::RetryRequest retry;
  *retry.mutable_select() = dry;
  retry.add_states("cancelled");
  CHECK(must(test.coordinator->retry(retry)).changed_jobs() == 2);
  CHECK(test.progress().cancelled() == 2);
}

TEST_CASE("Labels are on disk when the call returns, and survive a restart and a submission") {
  ServiceFixture test;
  test.submit("s1", 2, 1);
  v1::LabelRequest request;
  request.mutable_select()->set_series("s1");
  request.mutable_select()->set_run("run-0");
  request.add_add_tags("paper");
  request.add_add_tags("best");
  request.set_note("look at clip-3");
  CHECK(must(test.coordinator->label(request)).runs() == 1);
  const Rows expected = {"run-0|best, paper|look at clip-3|", "run-1|NULL|NULL|"};
  const std::string sql = "SELECT run, tags, note FROM v_names ORDER BY position";
  CHECK(test.query(sql) == expected);
  test.reopen();
  test.submit("s1", 2, 1);
  CHECK(test.query(sql) == expected);
  request.mutable_select()->set_run("nowhere");
  CHECK(test.coordinator->label(request).status().code() == StatusCode::kNotFound);
  request.mutable_select()->clear_run();
  request.add_add_tags("two words");
  CHECK(test.coordinator->label(request).status().code() == StatusCode::kInvalidArgument);
  CHECK(test.query(sql) == expected);
}

TEST_CASE("Where work stands: counts of all and of each series, workers, failures since") {
  ServiceFixture test;
  test.submit("s1", 1, 2);
  test.submit("s2", 1, 1);
  const std::string worker = test.join("w1");
  const v1::Bundle bundle = test.lease(worker, 1).bundle();
  v1::ReportRequest report = ServiceFixture::result_of(worker, bundle);
  report.mutable_reports(0)->mutable_failure()->set_cause(v1::FAILURE_CAUSE_DATA);
  report.mutable_reports(0)->mutable_failure()->set_message("too short");
  REQUIRE(test.accepts(report));
  const service::Standing standing = must(test.coordinator->standing(0));
  CHECK(standing.workers == 1);
  REQUIRE(standing.series.size() == 2);
  CHECK(standing.series[0].series == "s1");
  CHECK(standing.jobs.failed == 1);
  REQUIRE(standing.failures.size() == 1);
  CHECK(standing.failures[0].message.find("too short") != std::string::npos);
  CHECK(must(test.coordinator->standing(standing.sequence)).failures.empty());
}

TEST_CASE("A job goes only to a worker that has what it needs") {
  ServiceFixture test;
  v1::SubmitRequest request = service::submit_request_of(sample_plan("s1", 1, 1));
  request.mutable_resources()->set_gpus(1);
  request.mutable_resources()->set_gpu_memory_bytes(80'000'000'000);
  must(test.coordinator->submit(request));
  const std::string small = test.join("w0");
  CHECK_FALSE(test.lease(small).has_bundle());
  v1::RegisterRequest identity = worker::versioned_identity();
  identity.set_name("w1");
  identity.set_device("cuda");
  identity.set_gpus(1);
  identity.set_device_name("NVIDIA H100");
  identity.set_device_memory_bytes(84'900'000'000);
  const std::string large = must(test.coordinator->register_worker(identity)).worker_id();
  CHECK(
      test.query("SELECT worker, gpus, gpu_memory_bytes, device_name FROM v_workers ORDER BY 1") ==
      Rows{"w0|0|0||", "w1|1|84900000000|NVIDIA H100|"});
  CHECK(test.query("SELECT state, needs_gpus, needs_gpu_memory_bytes FROM v_jobs") ==
        Rows{"queued|1|80000000000|"});
  test.reopen();  // needs and what workers have outlive the coordinator
  CHECK_FALSE(test.lease(small).has_bundle());
  CHECK(test.lease(large).has_bundle());
  request.mutable_resources()->set_gpus(kMostGpusOfJob + 1);
  CHECK(test.coordinator->submit(request).status().code() == StatusCode::kInvalidArgument);
}

TEST_CASE("A job for two GPUs waits for a worker that owns two") {
  ServiceFixture test;
  v1::SubmitRequest request = service::submit_request_of(sample_plan("s1", 1, 1));
  request.mutable_resources()->set_gpus(2);
  must(test.coordinator->submit(request));
  const auto join = [&](const char* name, std::uint32_t gpus) {
    v1::RegisterRequest identity = worker::versioned_identity();
    identity.set_name(name);
    identity.set_device("cuda");
    identity.set_gpus(gpus);
    identity.set_device_name("NVIDIA H200");
    identity.set_device_memory_bytes(150'000'000'000);
    return must(test.coordinator->register_worker(identity)).worker_id();
  };
  const std::string one = join("w1", 1), two = join("w2", 2);
  CHECK_FALSE(test.lease(one).has_bundle());
  CHECK(test.lease(two).has_bundle());
}

TEST_CASE("After a restart the leases still hold, and a result computed meanwhile is taken") {
  ServiceFixture test;
  test.submit("s1", 1, 1);
  const std::string worker = test.join("w0");
  const v1::Bundle bundle = test.lease(worker).bundle();
  test.reopen();
  CHECK(test.progress().leased() == 1);
  CHECK(test.accepts(ServiceFixture::result_of(worker, bundle)));
  CHECK(test.progress().done() == 1);
}

TEST_CASE("A lease that nobody prolongs ends, and its job goes to another worker") {
  ServiceFixture test;
  test.submit("s1", 1, 1);
  const std::string silent = test.join("w0");
  const v1::Bundle first = test.lease(silent).bundle();
  const std::string other = test.join("w1");
  test.clock.pass(test.options.lease + 10 * kSecondUs);  // the backoff included
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  v1::LeaseReply reply;
  while (!reply.has_bundle() && std::chrono::steady_clock::now() < deadline) {
    test.clock.pass(kSecondUs);
    reply = must(test.coordinator->lease(ServiceFixture::lease_request(other, 1, 20)));
  }
  REQUIRE(reply.has_bundle());
  CHECK(reply.bundle().jobs(0).attempt() == 2);
  CHECK_FALSE(test.accepts(ServiceFixture::result_of(silent, first)));
}

TEST_CASE("A worker that waits for work gets it as soon as it is submitted") {
  ServiceFixture test;
  const std::string worker = test.join("w0");
  std::jthread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    (void)test.coordinator->submit(service::submit_request_of(sample_plan("s1", 1, 1))).is_ok();
  });
  const auto begin = std::chrono::steady_clock::now();
  const auto reply =
      must(test.coordinator->lease(ServiceFixture::lease_request(worker, 1, 30'000)));
  CHECK(reply.has_bundle());
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(10));
}

TEST_CASE("Waiting calls answer at once when the coordinator stops") {
  ServiceFixture test;
  const std::string worker = test.join("w0");
  std::jthread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    test.coordinator->stop();
  });
  const auto begin = std::chrono::steady_clock::now();
  const auto reply =
      must(test.coordinator->lease(ServiceFixture::lease_request(worker, 1, 30'000)));
  CHECK(reply.idle() == v1::LeaseReply::IDLE_WAIT);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(10));
}

TEST_CASE("Idle workers are dismissed when nothing is left, and only where that is wanted") {
  ServiceFixture test;
  std::string worker = test.join("w0");
  CHECK(test.lease(worker).idle() == v1::LeaseReply::IDLE_WAIT);
  test.options.dismiss_idle_workers = true;
  test.reopen();
  CHECK(test.lease(worker).idle() == v1::LeaseReply::IDLE_LEAVE);
  test.submit("s1", 1, 1);
  const v1::Bundle bundle = test.lease(worker).bundle();
  const std::string other = test.join("w1");
  CHECK(test.lease(other).idle() == v1::LeaseReply::IDLE_WAIT);  // the leased job may come back
  must(test.coordinator->report(ServiceFixture::result_of(worker, bundle)));
  CHECK(test.lease(other).idle() == v1::LeaseReply::IDLE_LEAVE);
}

TEST_CASE("Draining tells workers to leave and grants nothing more") {
  ServiceFixture test;
  test.submit("s1", 1, 1);
  const std::string worker = test.join("w0");
  test.coordinator->drain();
  CHECK(test.lease(worker).idle() == v1::LeaseReply::IDLE_LEAVE);
  v1::HeartbeatRequest beat;
  beat.set_worker_id(worker);
  CHECK(must(test.coordinator->heartbeat(beat)).drain());
}

TEST_CASE("Heartbeats show what a worker does and bring back what was cancelled") {
  ServiceFixture test;
  test.submit("s1", 1, 2);
  const std::string worker = test.join("w0");
  const v1::Bundle bundle = test.lease(worker).bundle();
  v1::HeartbeatRequest beat;
  beat.set_worker_id(worker);
  beat.add_lease_ids(bundle.lease_id());
  beat.add_lease_ids("lease-999");
  beat.mutable_progress()->set_job_digest(bundle.jobs(0).job_digest());
  beat.mutable_progress()->set_stage("train");
  beat.mutable_progress()->set_done(3);
  beat.mutable_progress()->set_total(20);
  const v1::HeartbeatReply first = must(test.coordinator->heartbeat(beat));
  REQUIRE(first.dropped_lease_ids_size() == 1);
  CHECK(first.dropped_lease_ids(0) == "lease-999");
  const v1::ProgressReply progress = test.progress();
  REQUIRE(progress.activities_size() == 1);
  CHECK(progress.activities(0).worker() == "w0");
  CHECK(progress.activities(0).run() == "run-0");
  CHECK(progress.activities(0).stage() == "train");
  CHECK(progress.activities(0).done() == 3);

  v1::SelectRequest select;
  select.set_series("s1");
  CHECK(must(test.coordinator->cancel(select)).changed_jobs() == 2);
  const v1::HeartbeatReply second = must(test.coordinator->heartbeat(beat));
  const bool told = second.cancelled_job_digests_size() + second.dropped_lease_ids_size() > 1;
  CHECK(told);
  CHECK(test.progress().cancelled() == 2);

  v1::RetryRequest retry;
  *retry.mutable_select() = select;
  retry.add_states("cancelled");
  CHECK(must(test.coordinator->retry(retry)).changed_jobs() == 2);
}

TEST_CASE("Errors that the caller can mend have their own codes and messages") {
  ServiceFixture test;
  v1::RegisterRequest old = worker::versioned_identity();
  old.set_name("w0");
  old.set_engine_semantics(old.engine_semantics() + 1);
  CHECK(test.coordinator->register_worker(old).status().code() == StatusCode::kFailedPrecondition);
  const auto lease = test.coordinator->lease(ServiceFixture::lease_request("worker-999"));
  CHECK(lease.status().code() == StatusCode::kNotFound);
  const auto none = test.coordinator->lease(ServiceFixture::lease_request("worker-1", 0));
  CHECK(none.status().code() == StatusCode::kInvalidArgument);
  v1::ProgressRequest progress;
  progress.set_series("nowhere");
  CHECK(test.coordinator->progress(progress).status().code() == StatusCode::kNotFound);
  CHECK(test.coordinator->cancel({}).status().code() == StatusCode::kInvalidArgument);
  v1::SelectRequest select;
  select.set_series("nowhere");
  CHECK(test.coordinator->cancel(select).status().code() == StatusCode::kNotFound);
  v1::ReportRequest report;
  report.add_reports()->set_job_digest("short");
  report.add_reports()->set_job_digest(std::string(64, 'a'));
  report.mutable_reports(1)->set_attempt(1);
  const v1::ReportReply refused = must(test.coordinator->report(report));
  for (const v1::Verdict& verdict : refused.verdicts()) {
    CHECK(verdict.kind() == v1::Verdict::KIND_INVALID);
    CHECK_FALSE(verdict.reason().empty());
  }
}

TEST_CASE("A query reads and cannot write") {
  ServiceFixture test;
  test.submit("s1", 1, 3);
  CHECK(test.query("SELECT series, videos FROM v_runs") == Rows{"s1|3|"});
  CHECK(test.query("SELECT NULL, 1, 1.5, 'x'") == Rows{"NULL|1|1.5|x|"});
  v1::QueryRequest request;
  for (const char* sql : {"DELETE FROM jobs", "SELECT 1; DELETE FROM jobs", "PRAGMA user_version",
                          "SELECT * FROM nowhere", "nonsense"}) {
    request.set_sql(sql);
    const Status status =
        test.coordinator->query(request, [](const v1::QueryReply&) { return true; });
    INFO(sql << ": " << status.to_string());
    CHECK(status.code() == StatusCode::kInvalidArgument);
  }
  CHECK(test.query("SELECT count(*) FROM jobs") == Rows{"3|"});
}

TEST_CASE("Options that cannot work are refused") {
  TemporaryDirectory directory;
  service::CoordinatorOptions options;
  options.database = directory / "cox.db";
  options.heartbeat = options.lease;
  CHECK(service::Coordinator::open(options).status().code() == StatusCode::kInvalidArgument);
}
