#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "base/clock.h"

namespace cox::cli {

/// How fast jobs finish and when the last one will: over the latest kWindow finishes, so that a
/// slow start or a change of speed is soon forgotten, and up to now, so that a standstill shows.
/// Owned by one thread.
class ProgressMeter {
 public:
  /// `finished` counts jobs of this session, from 0 and never falling. Jobs that were done before
  /// the session began say nothing about its speed.
  void observe(TimeUs now, std::uint64_t finished);

  /// Unset until two finishes or one finish and a wait give a rate.
  std::optional<double> jobs_per_second(TimeUs now) const;

  /// Seconds until `remaining` jobs are finished at that rate; 0 when nothing remains.
  std::optional<double> eta_s(TimeUs now, std::uint64_t remaining) const;

  static constexpr size_t kWindow = 32;

 private:
  struct Sample {
    TimeUs time = 0;
    std::uint64_t finished = 0;
  };
  std::deque<Sample> samples_;  ///< a new one whenever `finished` rose; the first is the start
};

}  // namespace cox::cli
