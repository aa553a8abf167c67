#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/report/compare/comparison.h"
#include "coordinator/report/data/query.h"
#include "coordinator/report/data/run_data.h"
#include "coordinator/report/statistics/summary.h"

namespace cox::report {

/// A run's value of a metric of scope `set`, and its baseline's over the same videos.
struct SetComparison {
  std::string metric;
  std::string run;            ///< full names
  std::string baseline;       ///< "" when nothing is compared
  std::size_t videos = 0;     ///< that the value covers: with a baseline those that both have
  std::size_t dimension = 0;  ///< of the space of the features
  std::optional<double> value;
  std::optional<double> extrapolated;  ///< to a set without end, for a metric that few videos bias
  std::optional<double> baseline_value;
  std::optional<double> baseline_extrapolated;
  std::optional<Interval> interval;  ///< of value - baseline_value

  std::optional<double> difference() const {
    if (!value || !baseline_value) return std::nullopt;
    return *value - *baseline_value;
  }
};

/// One for each metric of scope `set` and each run as it ran that has features for it. A run meets
/// the baseline that `comparisons` pair it with when their features come from the same weights; a
/// replicate meets the replicate with its number. A value that cannot be made is absent, and
/// `warnings` gives the reason. Intervals take seconds.
Result<std::vector<SetComparison>> compare_sets(const Query& query,
                                                const std::vector<RunData>& runs,
                                                const std::vector<Comparison>& comparisons,
                                                bool with_intervals,
                                                std::vector<std::string>& warnings);

/// The same for runs that a person named: each of `runs` but the first with the first. Intervals
/// take seconds. kFailedPrecondition when two cannot be compared: they score other frames, have a
/// replicate without a partner, or no value over common videos.
Result<std::vector<SetComparison>> compare_named_sets(const Query& query, const std::string& metric,
                                                      const std::vector<RunData>& runs,
                                                      std::vector<std::string>& warnings);

}  // namespace cox::report
