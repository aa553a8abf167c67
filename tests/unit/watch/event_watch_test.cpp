#include "coordinator/watch/event_watch.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <fstream>
#include <mutex>
#include <thread>

#include "tests/support/temporary_directory.h"

using namespace cox;
using namespace cox::watch;

namespace {

std::size_t lines(const std::string& path, const std::string& word) {
  std::ifstream file(path);
  std::string line;
  std::size_t count = 0;
  while (std::getline(file, line)) count += line.find(word) != std::string::npos ? 1 : 0;
  return count;
}

/// A coordinator whose one series ends at the third look.
class Looks {
 public:
  Result<service::Standing> look(std::uint64_t) {
    const std::lock_guard lock(mutex_);
    ++looks_;
    const core::JobCounts jobs =
        looks_ < 3 ? core::JobCounts{.queued = 1} : core::JobCounts{.done = 1};
    return service::Standing{.jobs = jobs, .series = {{"demo", jobs}}, .workers = 1};
  }

 private:
  std::mutex mutex_;
  int looks_ = 0;
};

}  // namespace

TEST_CASE("the command runs once for an event, and finish() waits for it") {
  const test::TemporaryDirectory folder;
  const std::string log = folder.path() + "/events";
  Looks looks;
  EventWatch watch({.command = "cat >> '" + log + "'", .look_interval = 10 * kMillisecondUs},
                   [&](std::uint64_t after) { return looks.look(after); });
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  watch.finish();
  CHECK(lines(log, "\"event\":\"series_ended\"") == 1);
}

TEST_CASE("finish() tells what happened since the last look") {
  const test::TemporaryDirectory folder;
  const std::string log = folder.path() + "/events";
  std::atomic<bool> ended{false};
  EventWatch watch(
      {.command = "cat >> '" + log + "'", .look_interval = 3600 * kSecondUs},
      [&](std::uint64_t) -> Result<service::Standing> {
        const core::JobCounts jobs =
            ended ? core::JobCounts{.done = 1} : core::JobCounts{.queued = 1};
        return service::Standing{.jobs = jobs, .series = {{"demo", jobs}}, .workers = 1};
      });
  ended = true;
  watch.finish();
  CHECK(lines(log, "series_ended") == 1);
}

TEST_CASE("a failing command, and a coordinator that has stopped, end nothing") {
  Looks looks;
  EventWatch failing({.command = "exit 1", .look_interval = 10 * kMillisecondUs},
                     [&](std::uint64_t after) { return looks.look(after); });
  failing.finish();
  EventWatch stopped({.command = "true", .look_interval = 10 * kMillisecondUs},
                     [](std::uint64_t) -> Result<service::Standing> {
                       return unavailable("the coordinator has stopped");
                     });
  stopped.finish();
}

TEST_CASE("a watch that ends does not wait for its command") {
  Looks looks;
  const auto begin = std::chrono::steady_clock::now();
  {
    EventWatch watch({.command = "sleep 60", .look_interval = 10 * kMillisecondUs},
                     [&](std::uint64_t after) { return looks.look(after); });
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
}

TEST_CASE("without a command nothing is looked at") {
  EventWatch watch({}, [](std::uint64_t) -> Result<service::Standing> {
    FAIL("looked");
    return unavailable("");
  });
  watch.finish();
}
