// What happens when one side is silent for a while, without anybody dying.

#include <signal.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <thread>

#include "tests/fault/cluster.h"

using cox::test::Cluster;
using std::chrono::milliseconds;

namespace {
constexpr milliseconds kSilencePatience{60'000};
}  // namespace

TEST_CASE("A worker that sleeps past its lease has its late result refused") {
  Cluster cluster({.workers = 2,
                   .shortest_job_ms = 300,
                   .longest_job_ms = 300,
                   .max_jobs_per_bundle = 1,
                   .lease_ms = 600});
  cluster.start_coordinator();
  cluster.start_worker(0);
  cluster.submit("sleep", 1, 1);
  while (cluster.progress().leased() == 0) std::this_thread::sleep_for(milliseconds(5));
  cluster.worker(0).signal(SIGSTOP);
  cluster.start_worker(1);
  REQUIRE(cluster.wait_until_drained(kSilencePatience));
  CHECK(cluster.computations() == 1);

  cluster.worker(0).signal(SIGCONT);
  const auto deadline = std::chrono::steady_clock::now() + kSilencePatience;
  while (cluster.computations() < 2 && cluster.worker(0).running() &&
         cluster.log().find("is lost") == std::string::npos &&
         std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(milliseconds(10));
  }
  // The worker drops the job as soon as it hears of the lost lease, or hands its result in too
  // late.
  cluster.worker(0).signal(SIGTERM);
  CHECK(cluster.worker(0).wait(kSilencePatience) == 0);
  INFO(cluster.log());
  CHECK(cluster.number("SELECT count(*) FROM attempts") == 2);
  CHECK(cluster.number("SELECT count(*) FROM attempts WHERE outcome = 3") == 1);
  CHECK(cluster.number("SELECT attempt FROM results") == 2);
  cluster.require_all_done_once(1);
}

TEST_CASE("Workers compute on while the coordinator is away, and nothing is computed twice") {
  Cluster cluster(
      {.shortest_job_ms = 20, .longest_job_ms = 40, .max_jobs_per_bundle = 64, .lease_ms = 2'000});
  cluster.start_coordinator();
  cluster.submit("away", 40, 6);  // bundles of 40 jobs: more than a second of work
  cluster.start_workers();
  REQUIRE(cluster.wait_until_done(20, kSilencePatience));
  const int before = cluster.computations();
  cluster.coordinator().kill();
  std::this_thread::sleep_for(milliseconds(4'500));  // longer than the leases last
  CHECK(cluster.computations() > before + 40);
  cluster.start_coordinator();
  REQUIRE(cluster.wait_until_drained(kSilencePatience));
  INFO(cluster.log());
  CHECK(cluster.computations() == 240);
  cluster.require_all_done_once(240);
}

TEST_CASE("A coordinator that hangs is away, not dead") {
  Cluster cluster({.shortest_job_ms = 20, .longest_job_ms = 40, .max_jobs_per_bundle = 64});
  cluster.start_coordinator();
  cluster.submit("hang", 40, 3);
  cluster.start_workers();
  REQUIRE(cluster.wait_until_done(20, kSilencePatience));
  cluster.coordinator().signal(SIGSTOP);
  std::this_thread::sleep_for(milliseconds(4'000));  // longer than a worker waits for an answer
  cluster.coordinator().signal(SIGCONT);
  REQUIRE(cluster.wait_until_drained(kSilencePatience));
  CHECK(cluster.computations() == 120);
  cluster.require_all_done_once(120);
}

TEST_CASE("A full disk stops the coordinator with a message, and nothing acknowledged is lost") {
  Cluster cluster({.shortest_job_ms = 1, .longest_job_ms = 2});
  cluster.start_coordinator();
  cluster.submit("full", 20, 40);
  // Room for some results, not for all.
  cluster.coordinator().kill();
  const auto size = static_cast<long>(std::filesystem::file_size(cluster.directory() + "/cox.db"));
  cluster.start_coordinator("", size + 96 * 1024);
  cluster.start_workers();
  INFO(cluster.log());
  CHECK(cluster.coordinator().wait(kSilencePatience) == 1);
  CHECK(cluster.log().find("cannot write its database") != std::string::npos);
  const std::int64_t done = cluster.number("SELECT count(*) FROM results");
  CHECK(done < 800);

  cluster.start_coordinator();
  REQUIRE(cluster.wait_until_drained(kSilencePatience));
  CHECK(cluster.computations() == 800);
  cluster.require_all_done_once(800);
}

TEST_CASE("A drained worker hands its other jobs back at once") {
  Cluster cluster({.workers = 2,
                   .shortest_job_ms = 50,
                   .longest_job_ms = 60,
                   .max_jobs_per_bundle = 64,
                   .lease_ms = 60'000});
  cluster.start_coordinator();
  cluster.submit("drain", 20, 1);
  cluster.start_worker(0);
  REQUIRE(cluster.wait_until_done(2, kSilencePatience));
  cluster.worker(0).signal(SIGTERM);
  CHECK(cluster.worker(0).wait(kSilencePatience) == 0);
  CHECK(cluster.progress().leased() == 0);
  CHECK(cluster.progress().done() < 20);
  cluster.start_worker(1);
  REQUIRE(cluster.wait_until_drained(milliseconds(20'000)));
  CHECK(cluster.computations() == 20);
  CHECK(cluster.number("SELECT count(*) FROM attempts WHERE outcome = 3") == 0);
  cluster.require_all_done_once(20);
}
