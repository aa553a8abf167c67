// A coordinator that proves who it is by a certificate, killed or stopped under live clients.

#include <signal.h>

#include <catch2/catch.hpp>
#include <iostream>
#include <random>
#include <thread>

#include "tests/fault/cluster.h"

using cox::test::Cluster;
using cox::test::from_environment;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kReturnTime{15'000};  ///< far below a worker's patience of a minute
constexpr milliseconds kDrainTime{120'000};

void end(Cluster& cluster, int signal) {
  cluster.coordinator().signal(signal);
  REQUIRE(cluster.coordinator().wait(kReturnTime).has_value());
}

}  // namespace

TEST_CASE("A worker finds a TLS coordinator again after a restart") {
  const int signal = GENERATE(SIGKILL, SIGTERM);
  const auto away = GENERATE(milliseconds(0), milliseconds(3'000));
  INFO("signal " << signal << ", away for " << away.count() << " ms");
  Cluster cluster({.workers = 1, .tls = true});
  cluster.start_coordinator();
  cluster.start_worker(0);
  cluster.submit("first", 5, 4);
  REQUIRE(cluster.wait_until_done(20, kReturnTime));
  end(cluster, signal);
  std::this_thread::sleep_for(away);
  cluster.start_coordinator();
  cluster.submit("second", 5, 4, 5);
  const bool returned = cluster.wait_until_done(40, kReturnTime);
  INFO(cluster.log());
  REQUIRE(returned);
  cluster.require_all_done_once(40);
}

TEST_CASE("A worker that was started first finds the TLS coordinator") {
  Cluster cluster({.workers = 1, .tls = true});
  cluster.start_coordinator();  // picks the port
  cluster.submit("first", 5, 4);
  end(cluster, SIGKILL);
  cluster.start_worker(0);
  std::this_thread::sleep_for(milliseconds(2'500));
  cluster.start_coordinator();
  const bool found = cluster.wait_until_done(20, kReturnTime);
  INFO(cluster.log());
  REQUIRE(found);
  cluster.require_all_done_once(20);
}

// COX_TLS_KILLS=50 COX_SEED=1 prolongs or repeats it.
TEST_CASE("A TLS coordinator killed under two live workers loses, doubles and strands nothing") {
  constexpr int kRuns = 10;
  constexpr int kVideos = 20;
  const long kills = from_environment("COX_TLS_KILLS", 5);
  const auto seed = static_cast<unsigned>(from_environment("COX_SEED", std::random_device()()));
  std::cout << "COX_TLS_KILLS=" << kills << " COX_SEED=" << seed << std::endl;
  std::mt19937 random(seed);
  std::uniform_int_distribution<int> work_ms(50, 1'500);
  std::uniform_int_distribution<int> away_ms(0, 2'000);

  Cluster cluster({.workers = 2, .tls = true});
  cluster.start_coordinator();
  cluster.start_workers();
  int sweeps = 0;
  for (long i = 0; i < kills; ++i) {
    while (cluster.progress().queued() < kRuns * kVideos) {
      cluster.submit("sweep-" + std::to_string(sweeps), kRuns, kVideos, sweeps * kRuns);
      ++sweeps;
    }
    std::this_thread::sleep_for(milliseconds(work_ms(random)));
    end(cluster, SIGKILL);
    std::this_thread::sleep_for(milliseconds(away_ms(random)));
    cluster.start_coordinator();
  }
  const bool drained = cluster.wait_until_drained(kDrainTime);
  INFO(cluster.log());
  REQUIRE(drained);
  CHECK(cluster.worker(0).running());
  CHECK(cluster.worker(1).running());
  const std::int64_t jobs = std::int64_t{sweeps} * kRuns * kVideos;
  const std::int64_t recomputed = cluster.computations() - jobs;
  std::cout << jobs << " jobs, " << kills << " kills, " << recomputed << " jobs computed again"
            << std::endl;
  CHECK(recomputed == 0);
  cluster.require_all_done_once(jobs);
}
