#include "worker/worker.h"

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "tests/support/scripted_coordinator.h"
#include "tests/support/temporary_directory.h"

using namespace cox::worker;  // NOLINT: a test
using cox::Result;
using cox::test::ScriptedCoordinator;
using cox::test::TemporaryDirectory;
using std::chrono::milliseconds;
using Calls = std::vector<std::string>;

namespace {

constexpr milliseconds kPatience{5'000};

/// Runs what the test says, and writes down what it ran.
class TestExecutor final : public Executor {
 public:
  std::function<void(const std::string&, const CancelToken&, Outcome&)> on_run;
  Calls ran;
  bool reverses = false;  ///< chooses the last job first
  int bundles = 0, ended = 0;

  std::vector<std::size_t> begin_bundle(const cox::v1::Bundle& bundle) override {
    ++bundles;
    std::vector<std::size_t> order = Executor::begin_bundle(bundle);
    if (reverses) std::reverse(order.begin(), order.end());
    return order;
  }
  void end_bundle() override { ++ended; }
  Outcome run(const cox::v1::LeasedJob& job, const cox::v1::Video&, const CancelToken& cancel,
              ProgressListener& progress) override {
    Outcome outcome;
    cox::v1::JobProgress where;
    where.set_job_digest(job.job_digest());
    progress.on_progress(where);
    ran.push_back(job.job_digest());
    outcome.report.mutable_output()->set_scored_frames(1);
    if (on_run) on_run(job.job_digest(), cancel, outcome);
    return outcome;
  }
  std::string loaded_model_digest() const override { return ""; }
};

/// A worker with its surroundings.
struct WorkerFixture {
  TemporaryDirectory directory;
  ScriptedCoordinator coordinator;
  TestExecutor executor;
  StopSwitch stop;
  TimeLimit time_limit;
  Health health{"w0"};

  bool has_state(const std::string& state) const {
    return health.page().body.find("\"state\":\"" + state + '"') != std::string::npos;
  }

  Result<WorkerEnd> run() {
    auto client = Client::open({coordinator.address(), "", ""}, milliseconds(2'000));
    auto spool = Spool::open(directory / "spool");
    REQUIRE(client.is_ok());
    REQUIRE(spool.is_ok());
    WorkerOptions options;
    options.identity.set_name("w0");
    options.max_away = kPatience;
    options.time_limit = time_limit;
    options.backoff = {.first = milliseconds(5), .longest = milliseconds(20)};
    Worker worker(options, *client, executor, *spool, stop, health);
    Result<WorkerEnd> end = worker.run();
    spooled = spool->size();
    return end;
  }
  size_t spooled = 0;
};

void wait_until_cancelled(const CancelToken& cancel) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!cancel.cancelled() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(milliseconds(1));
  }
}

/// An hour from now on; `began` says how long the process has been there.
TimeLimit an_hour_left(std::chrono::seconds began, std::optional<TimeLimit::Duration> job_time) {
  const TimeLimit::Time now = TimeLimit::Clock::now();
  return {now - began, now + std::chrono::hours(1), job_time};
}

bool is(const Result<WorkerEnd>& end, EndKind expected) {
  return end.is_ok() && end->kind == expected;
}

}  // namespace

TEST_CASE("A worker runs a bundle in order, reports each job, and leaves when told to") {
  WorkerFixture test;
  test.coordinator.add_bundle("l1", {"aaa", "bbb"});
  test.coordinator.add_bundle("l2", {"ccc"});
  CHECK(is(test.run(), EndKind::kIdle));
  CHECK(test.executor.ran == Calls{"aaa", "bbb", "ccc"});
  CHECK(test.coordinator.calls() ==
        Calls{"register w0", "report aaa", "report bbb", "report ccc", "leave"});
  CHECK(test.spooled == 0);
}

TEST_CASE("The executor is told each bundle and chooses the order of its jobs") {
  WorkerFixture test;
  test.executor.reverses = true;
  test.coordinator.add_bundle("l1", {"aaa", "bbb"});
  test.coordinator.add_bundle("l2", {"ccc", "ddd"});
  CHECK(is(test.run(), EndKind::kIdle));
  CHECK(test.executor.ran == Calls{"bbb", "aaa", "ddd", "ccc"});
  CHECK(test.executor.bundles == 2);
  CHECK(test.executor.ended == 2);
}

TEST_CASE("A worker computes on while the coordinator is away and delivers afterwards") {
  WorkerFixture test;
  test.coordinator.add_bundle("l1", {"aaa", "bbb", "ccc"});
  bool away = false;
  std::jthread back;
  test.executor.on_run = [&](const std::string& job, const CancelToken&, Executor::Outcome&) {
    if (job == "bbb") {
      test.coordinator.wait_for_reports(1);  // a call that is cut would be made twice
      test.coordinator.go_away();
    }
    CHECK(test.has_state("computing"));
    if (job != "ccc") return;
    back = std::jthread([&] {
      std::this_thread::sleep_for(milliseconds(200));
      const auto deadline = std::chrono::steady_clock::now() + kPatience / 2;
      while (!(away = test.has_state("away")) && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(milliseconds(1));
      }
      test.coordinator.come_back();
    });
  };
  CHECK(test.has_state("starting"));
  CHECK(is(test.run(), EndKind::kIdle));
  CHECK(away);
  CHECK(test.has_state("leaving"));
  CHECK(test.executor.ran == Calls{"aaa", "bbb", "ccc"});
  CHECK(test.coordinator.calls() ==
        Calls{"register w0", "report aaa", "report bbb", "report ccc", "leave"});
}

TEST_CASE("What a former process spooled is delivered before the name is registered again") {
  WorkerFixture test;
  {
    auto spool = Spool::open(test.directory / "spool");
    REQUIRE(spool.is_ok());
    cox::v1::JobReport report;
    report.set_job_digest("old");
    REQUIRE(spool->add(report).is_ok());
  }
  CHECK(is(test.run(), EndKind::kIdle));
  CHECK(test.coordinator.calls() == Calls{"report old", "register w0", "leave"});
}

TEST_CASE("A coordinator that stays away ends the worker, which keeps its results") {
  WorkerFixture test;
  test.coordinator.add_bundle("l1", {"aaa"});
  test.executor.on_run = [&](const std::string&, const CancelToken&, Executor::Outcome&) {
    test.coordinator.go_away();
    test.stop.drain();  // do not wait the whole max_away
  };
  CHECK(is(test.run(), EndKind::kDrained));
  CHECK(test.spooled == 1);
}

TEST_CASE("A lost lease cancels the job in flight and the rest of its bundle") {
  WorkerFixture test;
  test.coordinator.add_bundle("l1", {"aaa", "bbb"});
  test.coordinator.add_bundle("l2", {"ccc"});
  test.executor.on_run = [&](const std::string& job, const CancelToken& cancel,
                             Executor::Outcome& outcome) {
    if (job != "aaa") return;
    test.coordinator.drop_lease("l1");
    wait_until_cancelled(cancel);
    outcome.cancelled = cancel.cancelled();
  };
  CHECK(is(test.run(), EndKind::kIdle));
  CHECK(test.executor.ran == Calls{"aaa", "ccc"});
  CHECK(test.coordinator.calls() == Calls{"register w0", "report ccc", "leave"});
}

TEST_CASE("A cancelled job stops, and the others of its bundle go on") {
  WorkerFixture test;
  test.coordinator.add_bundle("l1", {"aaa", "bbb"});
  test.executor.on_run = [&](const std::string& job, const CancelToken& cancel,
                             Executor::Outcome& outcome) {
    if (job != "aaa") return;
    test.coordinator.cancel_job("aaa");
    wait_until_cancelled(cancel);
    outcome.cancelled = cancel.cancelled();
  };
  CHECK(is(test.run(), EndKind::kIdle));
  CHECK(test.coordinator.calls() == Calls{"register w0", "report bbb", "leave"});
}

TEST_CASE("Draining finishes the job in flight, delivers it, and leaves") {
  WorkerFixture test;
  test.coordinator.add_bundle("l1", {"aaa", "bbb"});
  test.executor.on_run = [&](const std::string&, const CancelToken&, Executor::Outcome&) {
    test.stop.drain();
  };
  CHECK(is(test.run(), EndKind::kDrained));
  CHECK(test.executor.ran == Calls{"aaa"});
  CHECK(test.coordinator.calls() == Calls{"register w0", "report aaa", "leave"});
}

TEST_CASE("A second signal stops the job in flight, which is reported to nobody") {
  WorkerFixture test;
  test.coordinator.add_bundle("l1", {"aaa"});
  test.executor.on_run = [&](const std::string&, const CancelToken& cancel,
                             Executor::Outcome& outcome) {
    test.stop.drain();
    test.stop.cancel();
    wait_until_cancelled(cancel);
    outcome.cancelled = cancel.cancelled();
  };
  CHECK(is(test.run(), EndKind::kDrained));
  CHECK(test.coordinator.calls() == Calls{"register w0", "leave"});
}

TEST_CASE("A place that lacks what a job needs sends the job back unreported, with the reason") {
  WorkerFixture test;
  test.coordinator.add_bundle("l1", {"aaa", "bbb", "ccc"});
  test.coordinator.add_bundle("l2", {"ddd"});
  test.executor.on_run = [](const std::string& job, const CancelToken&,
                            Executor::Outcome& outcome) {
    if (job == "bbb") outcome.missing_input = "model directory /m is not there";
  };
  const auto end = test.run();
  CHECK(is(end, EndKind::kMissingInput));
  CHECK(test.executor.ran == Calls{"aaa", "bbb"});
  CHECK(end->reason == "model directory /m is not there");
  CHECK(test.coordinator.calls() ==
        Calls{"register w0", "report aaa", "leave: model directory /m is not there"});
  CHECK(test.spooled == 0);
}

TEST_CASE("A poisoned device ends the worker after its last report") {
  WorkerFixture test;
  test.coordinator.add_bundle("l1", {"aaa", "bbb"});
  test.executor.on_run = [&](const std::string&, const CancelToken&, Executor::Outcome& outcome) {
    outcome.poisoned = true;
    outcome.report.mutable_failure()->set_cause(cox::v1::FAILURE_CAUSE_CRASH);
    outcome.report.mutable_failure()->set_message("no space left in out");
  };
  const auto end = test.run();
  CHECK(is(end, EndKind::kPoisoned));
  CHECK(end->reason == "no space left in out");
  CHECK(test.coordinator.calls() == Calls{"register w0", "report aaa", "leave"});
}

TEST_CASE("A bundle whose digests would name files elsewhere is refused, and nothing is written") {
  for (const char* digest : {"../../../evil", "a/b", "", "ABC"}) {
    WorkerFixture test;
    test.coordinator.add_bundle("l1", {digest});
    const Result<WorkerEnd> end = test.run();
    CHECK(end.status().code() == cox::StatusCode::kInvalidArgument);
    CHECK(test.executor.ran.empty());
    CHECK(test.coordinator.calls() == Calls{"register w0", "leave"});
    CHECK(std::distance(std::filesystem::directory_iterator(test.directory.path()), {}) == 1);
  }
}

TEST_CASE("A worker that the coordinator does not know registers again") {
  WorkerFixture test;
  test.coordinator.forget_worker();
  test.coordinator.add_bundle("l1", {"aaa"});
  CHECK(is(test.run(), EndKind::kIdle));
  CHECK(test.coordinator.calls() == Calls{"register w0", "register w0", "report aaa", "leave"});
}

TEST_CASE("A forgotten worker cancels the job in flight, drops its bundle, and registers again") {
  WorkerFixture test;
  test.coordinator.add_bundle("l1", {"aaa", "bbb"});
  test.coordinator.add_bundle("l2", {"ccc"});
  test.executor.on_run = [&](const std::string& job, const CancelToken& cancel,
                             Executor::Outcome& outcome) {
    if (job != "aaa") return;
    test.coordinator.forget_at_heartbeat(1);
    wait_until_cancelled(cancel);
    outcome.cancelled = cancel.cancelled();
  };
  CHECK(is(test.run(), EndKind::kIdle));
  CHECK(test.executor.ran == Calls{"aaa", "ccc"});
  CHECK(test.coordinator.calls() == Calls{"register w0", "register w0", "report ccc", "leave"});
}

TEST_CASE("A worker that lost the answer to a lease call hands back what it may hold") {
  WorkerFixture test;
  test.coordinator.lose_lease_answer();
  test.coordinator.add_bundle("l1", {"aaa"});
  CHECK(is(test.run(), EndKind::kIdle));
  CHECK(test.coordinator.calls() ==
        Calls{"register w0", "leave", "register w0", "report aaa", "leave"});
}

TEST_CASE("A report that the coordinator will not take does not hold up the others") {
  WorkerFixture test;
  test.coordinator.add_bundle("l1", {"aaa"});
  test.coordinator.judge_reports(cox::v1::Verdict::KIND_INVALID);
  CHECK(is(test.run(), EndKind::kIdle));
  CHECK(test.spooled == 0);
  CHECK(std::filesystem::exists(test.directory / "spool/set_aside"));
}

TEST_CASE("A report that came too late is dropped") {
  WorkerFixture test;
  test.coordinator.add_bundle("l1", {"aaa"});
  test.coordinator.judge_reports(cox::v1::Verdict::KIND_LATE);
  CHECK(is(test.run(), EndKind::kIdle));
  CHECK(test.spooled == 0);
  CHECK_FALSE(std::filesystem::exists(test.directory / "spool/set_aside"));
}

TEST_CASE("A coordinator that refuses the call ends the worker, which keeps its results") {
  WorkerFixture test;
  test.coordinator.add_bundle("l1", {"aaa"});
  test.coordinator.refuse_reports(grpc::StatusCode::UNAUTHENTICATED);
  const Result<WorkerEnd> end = test.run();
  REQUIRE_FALSE(end.is_ok());
  CHECK(end.status().code() == cox::StatusCode::kUnauthenticated);
  CHECK(test.spooled == 1);
}

TEST_CASE("A full spool disk loses nothing: the result goes out before the worker ends") {
  WorkerFixture test;
  test.coordinator.add_bundle("l1", {"aaa"});
  test.executor.on_run = [&](const std::string&, const CancelToken&, Executor::Outcome&) {
    std::filesystem::remove_all(test.directory / "spool");
    std::ofstream(test.directory / "spool") << "a file where the folder was";
  };
  CHECK_FALSE(test.run().is_ok());
  CHECK(test.coordinator.calls() == Calls{"register w0", "report aaa", "leave"});
}

TEST_CASE("A worker asks for no job when none would end within its time limit") {
  WorkerFixture test;
  test.time_limit = an_hour_left(std::chrono::seconds(0), std::chrono::hours(1));
  test.coordinator.add_bundle("l1", {"aaa"});
  const auto end = test.run();
  REQUIRE(is(end, EndKind::kOutOfTime));
  CHECK(end->reason == "no further job ends within the time limit of 3600 s");
  CHECK(test.executor.ran.empty());
  CHECK(test.coordinator.calls() == Calls{"register w0", "leave: " + end->reason});
}

TEST_CASE("A leased job that would not end within the time limit is returned without a try") {
  WorkerFixture test;
  test.time_limit = an_hour_left(std::chrono::seconds(0), std::chrono::seconds(1));
  test.time_limit.measured("0123abcd", std::chrono::hours(1));  // the run of the job
  test.coordinator.add_bundle("l1", {"aaa"});
  const auto end = test.run();
  REQUIRE(is(end, EndKind::kOutOfTime));
  CHECK(end->reason == "job aaa would not end within the time limit of 3600 s");
  CHECK(test.executor.ran.empty());
  CHECK(test.coordinator.calls() == Calls{"register w0", "leave: " + end->reason});
}

TEST_CASE("A job in flight at the time limit is returned, unless it was the first and had it all") {
  WorkerFixture test;
  const std::string cut = GENERATE(as<std::string>(), "aaa", "bbb");
  // However long the process took to load its model.
  const int loading_s = GENERATE(0, 3'000);
  test.time_limit = an_hour_left(std::chrono::seconds(loading_s), {});
  test.executor.on_run = [&](const std::string& job, const CancelToken& cancel,
                             Executor::Outcome& outcome) {
    if (job != cut) return;
    test.stop.cancel_at(std::chrono::steady_clock::now());
    wait_until_cancelled(cancel);
    outcome.report.clear_output();
    outcome.cancelled = cancel.cancelled();
  };
  test.coordinator.add_bundle("l1", {"aaa", "bbb", "ccc"});
  const auto end = test.run();
  REQUIRE(is(end, EndKind::kOutOfTime));
  CHECK(test.executor.ran.back() == cut);
  const auto reports = test.coordinator.reports();
  REQUIRE(reports.size() == 1);
  CHECK(reports.front().job_digest() == "aaa");
  CHECK(reports.front().has_failure() == (cut == "aaa"));
  if (cut != "aaa") return;
  CHECK(reports.front().failure().cause() == cox::v1::FAILURE_CAUSE_TIMEOUT);
  CHECK(
      reports.front().failure().message() ==
      fmt::format("did not end within the worker's time limit of {} s; give workers a longer limit",
                  3'600 + loading_s));
}
