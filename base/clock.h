#pragma once

#include <time.h>

#include <chrono>
#include <cstdint>

namespace cox {

/// Microseconds since 1970-01-01 UTC: the form in which times are stored and sent.
using TimeUs = std::int64_t;
using DurationUs = std::int64_t;

constexpr DurationUs kMillisecondUs = 1'000;
constexpr DurationUs kSecondUs = 1'000'000;

/// The source of time of a component, so that tests can control it. Implementations are
/// thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimeUs now_us() const = 0;
};

/// The wall clock when the process first asked, plus the time since then, including time while the
/// machine was suspended. So it never jumps: setting the wall clock neither ends nor extends a
/// lease. The cost: a running process never sees corrections of the wall clock.
class SystemClock final : public Clock {
 public:
  TimeUs now_us() const override {
    static const TimeUs wall_at_boot = read_us(CLOCK_REALTIME) - read_us(CLOCK_BOOTTIME);
    return wall_at_boot + read_us(CLOCK_BOOTTIME);
  }

 private:
  static TimeUs read_us(clockid_t clock) {
    timespec time{};
    ::clock_gettime(clock, &time);
    return TimeUs{time.tv_sec} * kSecondUs + time.tv_nsec / 1'000;
  }
};

/// Seconds on a clock that never jumps: for measuring how long something took.
inline double monotonic_seconds() {
  const auto since_start = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(since_start).count();
}

}  // namespace cox
