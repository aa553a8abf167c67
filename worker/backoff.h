#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

namespace cox::worker {

/// Waits between retries: doubles from `first` to `longest`, each wait drawn from its upper half,
/// so that workers that were disconnected together do not reconnect together. Owned by one thread.
class Backoff {
 public:
  using Milliseconds = std::chrono::milliseconds;
  struct Limits {
    Milliseconds first{100};
    Milliseconds longest{5'000};
  };

  explicit Backoff(std::uint64_t seed) : Backoff(seed, Limits{}) {}
  Backoff(std::uint64_t seed, Limits limits)
      : limits_(limits), ceiling_(limits.first), random_(seed) {}

  Milliseconds next() {
    const std::int64_t ceiling = ceiling_.count();
    ceiling_ = std::min(ceiling_ * 2, limits_.longest);
    return Milliseconds(std::uniform_int_distribution<std::int64_t>(ceiling / 2, ceiling)(random_));
  }

  void reset() { ceiling_ = limits_.first; }

 private:
  Limits limits_;
  Milliseconds ceiling_;
  std::mt19937_64 random_;
};

}  // namespace cox::worker
