#include "coordinator/service/validate.h"

#include <catch2/catch.hpp>
#include <limits>

#include "tests/unit/service/service_fixture.h"

using namespace cox;        // NOLINT: a test
using namespace cox::test;  // NOLINT

namespace {

v1::SubmitRequest sample() { return service::submit_request_of(sample_plan("s", 1, 2)); }

/// A database with one leased job, and the report that would finish it.
struct Leased : ServiceFixture {
  std::string worker;
  v1::Bundle bundle;
  v1::ReportRequest request;

  Leased() {
    submit("s", 1, 1);
    worker = join("w");
    bundle = lease(worker).bundle();
    request = result_of(worker, bundle);
  }
  v1::JobOutput& output() { return *request.mutable_reports(0)->mutable_output(); }
  v1::Verdict verdict() { return must(coordinator->report(request)).verdicts(0); }
};

}  // namespace

TEST_CASE("what no field may hold is refused by the field's path, and ends nothing") {
  ServiceFixture test;
  const auto refused = [&](const char* path, auto change) {
    v1::SubmitRequest request = sample();
    change(request);
    const Status status = test.coordinator->submit(request).status();
    INFO(path << ": " << status.message().substr(0, 300));
    CHECK(status.code() == StatusCode::kInvalidArgument);
    CHECK(starts_with(status.message(), path));
    CHECK(test.coordinator->stopped().is_ok());
  };
  const auto parameters = [](const char* text) {
    return [text](v1::SubmitRequest& request) {
      request.mutable_runs(0)->mutable_run()->set_parameters(text);
    };
  };
  refused("runs[0].run.parameters", parameters(R"({"lr":NaN})"));
  refused("runs[0].run.parameters", parameters(R"({"lr":1e999})"));
  refused("runs[0].run.parameters", parameters("[]"));
  refused("runs[0].origins_json", [](auto& r) { r.mutable_runs(0)->set_origins_json("no json"); });
  refused("runs[0].origins_json", [](auto& r) {
    r.mutable_runs(0)->set_origins_json(std::string(2'000, '[') + std::string(2'000, ']'));
  });
  refused("runs[0].labels_json", [](auto& r) { r.mutable_runs(0)->set_labels_json("[1]"); });
  refused("series", [](auto& r) { r.set_series(std::string("a\0b", 3)); });
  refused("series", [](auto& r) { r.set_series("\x1b[2J"); });
  refused("series", [](auto& r) { r.set_series(std::string(10'000'000, 'x')); });
  refused("videos[1].id", [](auto& r) { r.mutable_videos(1)->set_id("\xc2\x9b"); });
  refused("dataset", [](auto& r) { r.set_dataset("latin \xe9"); });
  refused("retry.backoff_base_us", [](auto& r) { r.mutable_retry()->set_backoff_base_us(-1); });
  CHECK(test.coordinator->submit(sample()).is_ok());
}

TEST_CASE("a refusal shows what it got without control characters") {
  v1::SubmitRequest request = sample();
  request.set_title("\x1b[31mred");
  const Status status = service::validate(request);
  CHECK(status.message() ==
        "title: expected text without control characters, got '\\x1b[31mred', with one as byte 0");
}

TEST_CASE("a report with nonsense is refused with the field, and the job stays leased") {
  const auto refused = [](const char* path, auto change) {
    Leased test;
    change(test);
    const v1::Verdict verdict = test.verdict();
    INFO(path << ": " << verdict.reason().substr(0, 300));
    CHECK(verdict.kind() == v1::Verdict::KIND_INVALID);
    CHECK(starts_with(verdict.reason(), path));
    CHECK(test.progress().leased() == 1);
    CHECK(test.coordinator->stopped().is_ok());
    const v1::ReportRequest good = ServiceFixture::result_of(test.worker, test.bundle);
    CHECK(test.accepts(good));
  };
  refused("output.metrics[0].mean",
          [](Leased& t) { t.output().mutable_metrics(0)->set_mean(1.7e308); });
  refused("output.metrics[0].mean", [](Leased& t) {
    t.output().mutable_metrics(0)->set_mean(std::numeric_limits<double>::infinity());
  });
  refused("output.metrics: expected a value", [](Leased& t) { t.output().clear_metrics(); });
  refused("output.metrics.name",
          [](Leased& t) { t.output().mutable_metrics(0)->set_name("../../x"); });
  refused("output.metrics.name",
          [](Leased& t) { *t.output().add_metrics() = t.output().metrics(0); });
  refused("output.metrics[0].name",
          [](Leased& t) { t.output().mutable_metrics(0)->set_name("\x1b]0;x\x07"); });
  refused("output.metrics.features", [](Leased& t) {
    t.output().mutable_metrics(0)->add_features(0.5F);  // psnr is not a metric of scope set
  });
  refused("output.metrics[0].features[0]: ", [](Leased& t) {
    t.output().mutable_metrics(0)->add_features(std::numeric_limits<float>::quiet_NaN());
  });
  refused("output.metrics[0].features", [](Leased& t) {
    for (int i = 0; i <= 1'000'000; ++i) t.output().mutable_metrics(0)->add_features(1);
  });
  refused("output.scored_frames", [](Leased& t) { t.output().set_scored_frames(-5); });
  refused("output.provenance.model_digest", [](Leased& t) {
    t.output().mutable_provenance()->set_model_digest(std::string(64, 'a'));
  });
  refused("output.provenance.video_digest", [](Leased& t) {
    t.output().mutable_provenance()->set_video_digest(std::string(64, 'b'));
  });
  refused("output.generated_path",
          [](Leased& t) { t.output().set_generated_path(std::string(10'000'000, 'x')); });
  refused("finished_us", [](Leased& t) {
    t.request.mutable_reports(0)->set_finished_us(std::numeric_limits<std::int64_t>::max());
  });
  refused("worker_id", [](Leased& t) { t.request.mutable_reports(0)->set_worker_id("w\n1"); });
}

TEST_CASE("a metric that the job does not ask for is refused, a variant of one is not") {
  const auto report = [](const char* metric) {
    v1::JobReport message;
    message.mutable_output()->add_metrics()->set_name(metric);
    return message;
  };
  const core::JobFacts job{"", "", "{\"lr\":0.1,\"metrics\":[\"psnr\",\"lpips\"],\"seed\":1}"};
  CHECK(service::check_fit(report("psnr"), job).is_ok());
  CHECK(service::check_fit(report("lpips_random_trunk"), job).is_ok());
  CHECK(service::check_fit(report("ssim"), job).message() ==
        "output.metrics.name: expected a metric of the job: psnr, lpips, got 'ssim'");
}

TEST_CASE("totals of the largest results that are taken stay finite") {
  ServiceFixture test;
  test.submit("s", 1, 40);
  const std::string worker = test.join("w");
  for (int i = 0; i < 40; ++i) {
    const v1::Bundle bundle = test.lease(worker).bundle();
    v1::ReportRequest request = ServiceFixture::result_of(worker, bundle);
    request.mutable_reports(0)->mutable_output()->mutable_metrics(0)->set_mean(1e15);
    REQUIRE(test.accepts(request));
  }
  CHECK(test.query("SELECT count(*) FROM v_leaderboard WHERE psnr = 1e15") ==
        std::vector<std::string>{"1|"});
}

TEST_CASE("a heartbeat's stage has a bound") {
  Leased test;
  v1::HeartbeatRequest beat;
  beat.set_worker_id(test.worker);
  beat.add_lease_ids(test.bundle.lease_id());
  beat.mutable_progress()->set_job_digest(test.bundle.jobs(0).job_digest());
  beat.mutable_progress()->set_stage(std::string(100'000'000, 'x'));
  CHECK(starts_with(test.coordinator->heartbeat(beat).status().message(), "progress.stage"));
}

TEST_CASE("what a failing program printed is stored printable") {
  Leased test;
  v1::JobReport& report = *test.request.mutable_reports(0);
  report.mutable_failure()->set_cause(v1::FAILURE_CAUSE_DATA);
  report.mutable_failure()->set_message(std::string("bad\0\x1b[31m\xff", 10));
  report.set_log_tail("one\ntwo \x07\n");
  CHECK(test.verdict().kind() == v1::Verdict::KIND_ACCEPTED);
  CHECK(test.query("SELECT message, log_tail FROM attempts") ==
        std::vector<std::string>{"bad\\x00\\x1b[31m\\xff|one\ntwo \\x07\n|"});
  CHECK(service::printable("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 \t") ==
        "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 \t");
}
