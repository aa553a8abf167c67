#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "base/clock.h"

namespace cox::cli {

/// Estimates how fast jobs finish and when the last one will: over the latest kWindow finished
/// jobs, so that a slow start or a change of speed stops counting soon, and up to now, so that a
/// stall shows. Owned by one thread.
class ProgressMeter {
 public:
  /// `finished` counts the jobs of this session; it starts at 0 and never falls.
  void observe(TimeUs now, std::uint64_t finished);

  /// Returns nothing until two finished jobs, or one and some time after it, give a rate.
  std::optional<double> jobs_per_second(TimeUs now) const;

  /// Returns the seconds until `remaining` jobs are finished at that rate; 0 when none remain.
  std::optional<double> eta_s(TimeUs now, std::uint64_t remaining) const;

  static constexpr size_t kWindow = 32;

 private:
  struct Sample {
    TimeUs time = 0;
    std::uint64_t finished = 0;
  };
  std::deque<Sample> samples_;  ///< one for each increase of `finished`; the first is the start
};

}  // namespace cox::cli
