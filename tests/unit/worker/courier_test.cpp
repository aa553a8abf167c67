#include "worker/courier.h"

#include <catch2/catch.hpp>

#include "tests/support/scripted_coordinator.h"
#include "tests/support/temporary_directory.h"

using namespace cox::worker;  // NOLINT: a test
using cox::test::ScriptedCoordinator;
using cox::test::TemporaryDirectory;
using std::chrono::milliseconds;

namespace {

cox::v1::JobReport small_report(const std::string& job) {
  cox::v1::JobReport report;
  report.set_job_digest(job);
  report.mutable_output()->set_scored_frames(1);
  return report;
}

/// A courier with its surroundings.
struct CourierFixture {
  TemporaryDirectory directory;
  ScriptedCoordinator coordinator;
  Client client = Client::open({coordinator.address(), "", ""}, milliseconds(2'000)).value();
  Spool spool = Spool::open(directory / "spool").value();
  Courier courier{client, spool};

  void add(int count) {
    for (int i = 0; i < count; ++i) {
      REQUIRE(courier.add(small_report("job" + std::to_string(i))).is_ok());
    }
  }
};

}  // namespace

TEST_CASE("A report leaves at once, without anybody asking") {
  CourierFixture test;
  test.add(1);
  test.coordinator.wait_for_reports(1);
  CHECK(test.coordinator.calls() == std::vector<std::string>{"report job0"});
  CHECK(test.courier.flush().is_ok());
  CHECK(test.spool.size() == 0);
}

TEST_CASE("What gathers while a call is under way leaves together with the next, in order") {
  CourierFixture test;
  test.coordinator.hold_reports();
  test.add(1);
  test.coordinator.wait_for_reports(1);
  test.add(5);
  CHECK(test.coordinator.reports_in_calls() == std::vector<int>{1});
  test.coordinator.release_reports();
  CHECK(test.courier.flush().is_ok());
  CHECK(test.coordinator.reports_in_calls() == std::vector<int>{1, 5});
  CHECK(test.coordinator.calls() == std::vector<std::string>{"report job0", "report job0",
                                                             "report job1", "report job2",
                                                             "report job3", "report job4"});
  CHECK(test.spool.size() == 0);
}

TEST_CASE("A call brings no more reports than the coordinator takes") {
  CourierFixture test;
  test.coordinator.hold_reports();
  test.add(1);
  test.coordinator.wait_for_reports(1);
  test.add(cox::wire::kMaxReportsInCall + 3);
  test.coordinator.release_reports();
  CHECK(test.courier.flush().is_ok());
  CHECK(test.coordinator.reports_in_calls() ==
        std::vector<int>{1, cox::wire::kMaxReportsInCall, 3});
}

TEST_CASE("Without a coordinator reports wait in the spool, and flush says why") {
  CourierFixture test;
  test.coordinator.go_away();
  test.add(2);
  CHECK(is_unreachable(test.courier.flush()));
  CHECK(test.spool.size() == 2);
  test.coordinator.come_back();
  for (int i = 0; i < 100 && !test.courier.flush().is_ok(); ++i) {
    std::this_thread::sleep_for(milliseconds(20));
  }
  CHECK(test.spool.size() == 0);
}
