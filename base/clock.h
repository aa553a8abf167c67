#pragma once

#include <chrono>
#include <cstdint>

namespace cox {

/// Microseconds since 1970-01-01 UTC: the form in which times are stored and sent.
using TimeUs = std::int64_t;
using DurationUs = std::int64_t;

constexpr DurationUs kMillisecondUs = 1'000;
constexpr DurationUs kSecondUs = 1'000'000;

/// Where a component gets the time from, so that tests can own it. Implementations are thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimeUs now_us() const = 0;
};

class SystemClock final : public Clock {
 public:
  TimeUs now_us() const override {
    const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count();
  }
};

/// Seconds on a clock that never jumps: for measuring how long something took.
inline double monotonic_seconds() {
  const auto since_start = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(since_start).count();
}

}  // namespace cox
