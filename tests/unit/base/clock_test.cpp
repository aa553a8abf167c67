#include "base/clock.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

using namespace cox;

namespace {
std::atomic<time_t> wall_clock_set_by_s{0};
}  // namespace

/// Takes the place of the C library's in this program: a wall clock that a test can set.
extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const auto result = static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
  if (clock == CLOCK_REALTIME) time->tv_sec += wall_clock_set_by_s;
  return result;
}

TEST_CASE("The clock starts at wall time and ignores later changes of the wall clock") {
  const SystemClock clock;
  const TimeUs start = clock.now_us();
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  CHECK(std::abs(start - std::chrono::duration_cast<std::chrono::microseconds>(wall).count()) <
        kSecondUs);
  for (const time_t jump : {7'200, -7'200}) {
    wall_clock_set_by_s = jump;
    const auto set = std::chrono::system_clock::now().time_since_epoch() - wall;
    CHECK(std::chrono::abs(set) > std::chrono::hours(1));  // the clock above is really set
    const TimeUs now = clock.now_us();
    const TimeUs of_another = SystemClock().now_us();
    wall_clock_set_by_s = 0;
    CHECK(now >= start);
    CHECK(of_another >= now);
    CHECK(of_another - start < 60 * kSecondUs);
  }
}

TEST_CASE("The clock advances with time") {
  const SystemClock clock;
  const TimeUs before = clock.now_us();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  CHECK(clock.now_us() - before >= 20 * kMillisecondUs);
}
