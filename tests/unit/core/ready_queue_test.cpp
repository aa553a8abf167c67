#include "coordinator/core/ready_queue.h"

#include <catch2/catch.hpp>
#include <map>
#include <tuple>

using namespace cox;
using namespace cox::core;

namespace {

DurationUs no_turns(SeriesNumber) { return 0; }

struct Queue {
  void add(std::uint32_t job, std::uint32_t group, std::int64_t horizon, std::uint32_t video = 1) {
    queue.insert({.needs = {},
                  .video = static_cast<VideoNumber>(video),
                  .group = static_cast<GroupNumber>(group),
                  .horizon = horizon,
                  .job = static_cast<JobNumber>(job)});
    videos[job] = {video, group, horizon};
  }

  /// Takes the next bundle out of the queue.
  std::vector<std::uint32_t> take(std::uint32_t max_jobs) {
    std::vector<std::uint32_t> jobs;
    for (const JobNumber number : queue.next_bundle({{}, {}, max_jobs, 0}, no_turns)) {
      const auto job = static_cast<std::uint32_t>(number);
      const auto [video, group, horizon] = videos.at(job);
      queue.erase({.needs = {},
                   .video = static_cast<VideoNumber>(video),
                   .group = static_cast<GroupNumber>(group),
                   .horizon = horizon,
                   .job = number});
      jobs.push_back(job);
    }
    return jobs;
  }

  ReadyQueue queue;
  std::map<std::uint32_t, std::tuple<std::uint32_t, std::uint32_t, std::int64_t>> videos;
};

using Jobs = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE("jobs of one group are leased together, those that read least first") {
  Queue queue;
  queue.add(1, 2, 100);
  queue.add(2, 1, 20);
  queue.add(3, 0, 0);
  queue.add(4, 2, 5);
  queue.add(5, 1, 20);
  queue.add(6, 0, 0, 2);
  CHECK(queue.take(64) == Jobs{3, 2, 5, 4, 1});
  CHECK(queue.take(64) == Jobs{6});
}

TEST_CASE("a group that does not fit behind others waits for its own bundle") {
  Queue queue;
  queue.add(1, 0, 0);
  for (const std::uint32_t job : {2, 3}) queue.add(job, 1, 5);
  for (const std::uint32_t job : {4, 5, 6}) queue.add(job, 2, 5);
  CHECK(queue.take(4) == Jobs{1, 2, 3});
  CHECK(queue.take(4) == Jobs{4, 5, 6});
}

TEST_CASE("a group that ends where a bundle ends is not cut") {
  Queue queue;
  for (const std::uint32_t job : {1, 2}) queue.add(job, 1, 5);
  for (const std::uint32_t job : {3, 4}) queue.add(job, 2, 5);
  queue.add(5, 3, 5);
  CHECK(queue.take(4) == Jobs{1, 2, 3, 4});
  CHECK(queue.take(4) == Jobs{5});
}

TEST_CASE("a group larger than a bundle is cut, and jobs without a group always are") {
  Queue queue;
  for (const std::uint32_t job : {1, 2, 3}) queue.add(job, 0, 0);
  for (const std::uint32_t job : {4, 5, 6, 7, 8}) queue.add(job, 1, job);
  CHECK(queue.take(2) == Jobs{1, 2});
  CHECK(queue.take(2) == Jobs{3});
  CHECK(queue.take(2) == Jobs{4, 5});
  CHECK(queue.take(2) == Jobs{6, 7});
  CHECK(queue.take(2) == Jobs{8});
}

TEST_CASE("groups of different videos do not mix") {
  Queue queue;
  queue.add(1, 1, 5, 1);
  queue.add(2, 1, 7, 1);
  queue.add(3, 1, 5, 2);
  CHECK(queue.take(8) == Jobs{1, 2});
  CHECK(queue.take(8) == Jobs{3});
}
