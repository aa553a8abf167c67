#include <catch2/catch.hpp>
#include <iostream>
#include <random>
#include <thread>

#include "tests/fault/cluster.h"

using cox::test::Cluster;
using cox::test::from_environment;
using std::chrono::milliseconds;

namespace {

constexpr int kRuns = 10;
constexpr int kVideos = 40;
constexpr std::uint64_t kLeastWaiting = 150;  ///< below it another sweep is submitted

}  // namespace

// COX_KILLS and COX_SEED repeat or prolong it: COX_KILLS=10000 takes about an hour.
TEST_CASE("Programs killed at random moments lose nothing and do nothing twice") {
  const long kills = from_environment("COX_KILLS", 60);
  const auto seed = static_cast<unsigned>(from_environment("COX_SEED", std::random_device()()));
  std::cout << "COX_KILLS=" << kills << " COX_SEED=" << seed << std::endl;
  std::mt19937 random(seed);
  std::uniform_int_distribution<int> pause_ms(20, 200);
  std::uniform_int_distribution<int> victim(0, 3);  // the coordinator, or one of three workers

  Cluster cluster;
  cluster.start_coordinator();
  cluster.start_workers();
  int sweeps = 0;
  int worker_kills = 0;
  for (long i = 0; i < kills; ++i) {
    if (cluster.progress().queued() < kLeastWaiting) {
      const auto reply =
          cluster.submit("sweep-" + std::to_string(sweeps), kRuns, kVideos, sweeps * kRuns);
      REQUIRE(reply.new_jobs() == kRuns * kVideos);
      ++sweeps;
    }
    std::this_thread::sleep_for(milliseconds(pause_ms(random)));
    const int index = victim(random) - 1;
    worker_kills += index >= 0 ? 1 : 0;
    (index < 0 ? cluster.coordinator() : cluster.worker(index)).kill();
    if (i % 3 == 0) std::this_thread::sleep_for(milliseconds(pause_ms(random)));
    cluster.revive();
  }
  const bool drained = cluster.wait_until_drained(milliseconds(120'000));
  INFO(cluster.log());
  REQUIRE(drained);
  const std::int64_t jobs = std::int64_t{sweeps} * kRuns * kVideos;
  const std::int64_t recomputed = cluster.computations() - jobs;
  cluster.require_all_done_once(jobs);
  std::cout << jobs << " jobs, " << kills << " kills (" << worker_kills << " of workers), "
            << recomputed << " jobs computed again" << std::endl;
  // A killed worker loses at most the job that it had finished and not yet put on its disk.
  CHECK(recomputed <= worker_kills);
  CHECK(recomputed >= 0);
}
