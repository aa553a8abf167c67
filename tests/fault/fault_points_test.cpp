#include <catch2/catch.hpp>

#include "base/fault.h"
#include "tests/fault/cluster.h"

using cox::kFaultExitStatus;
using cox::test::Cluster;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kPatience{60'000};
constexpr int kJobs = 30;

/// Runs a sweep with one worker that ends at the point, then with a healthy one.
/// Returns how many jobs were computed again.
int recomputed_after_worker_fault(const std::string& fault) {
  Cluster cluster({.workers = 1, .shortest_job_ms = 1, .longest_job_ms = 3});
  cluster.start_coordinator();
  cluster.submit("point", 3, kJobs / 3);
  cluster.start_worker(0, fault);
  INFO(cluster.log());
  CHECK(cluster.worker(0).wait(kPatience) == kFaultExitStatus);
  cluster.start_worker(0);
  REQUIRE(cluster.wait_until_drained(kPatience));
  const int recomputed = cluster.computations() - kJobs;
  cluster.require_all_done_once(kJobs);
  return recomputed;
}

/// Runs a sweep under a coordinator that ends at the point, then under a healthy one.
int recomputed_after_coordinator_fault(const std::string& fault) {
  Cluster cluster({.workers = 2, .shortest_job_ms = 1, .longest_job_ms = 3});
  cluster.start_coordinator();
  cluster.submit("point", 3, kJobs / 3);
  cluster.coordinator().kill();
  cluster.start_coordinator(fault);
  cluster.start_workers();
  INFO(cluster.log());
  CHECK(cluster.coordinator().wait(kPatience) == kFaultExitStatus);
  cluster.start_coordinator();
  REQUIRE(cluster.wait_until_drained(kPatience));
  const int recomputed = cluster.computations() - kJobs;
  cluster.require_all_done_once(kJobs);
  return recomputed;
}

}  // namespace

TEST_CASE("A worker that ends before it spooled a result costs that one job") {
  CHECK(recomputed_after_worker_fault("worker_before_report:7") == 1);
}

TEST_CASE("A worker that ends with a spooled result loses no work") {
  CHECK(recomputed_after_worker_fault("worker_after_spool:7") == 0);
}

TEST_CASE("A worker that ends between the answer and its spool reports twice") {
  // The next job is computed while reports travel, so it may be cut off in flight.
  CHECK(recomputed_after_worker_fault("worker_after_report:7") <= 1);
}

TEST_CASE("A coordinator that ends before a commit has answered nobody for it") {
  for (const int passing : {1, 4, 9, 20}) {
    CAPTURE(passing);
    CHECK(recomputed_after_coordinator_fault("store_before_commit:" + std::to_string(passing)) ==
          0);
  }
}

TEST_CASE("A coordinator that ends after a commit answers the same to the repeated call") {
  for (const int passing : {1, 4, 9, 20}) {
    CAPTURE(passing);
    CHECK(recomputed_after_coordinator_fault("store_after_commit:" + std::to_string(passing)) == 0);
  }
}
