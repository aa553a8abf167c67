#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/report/compare/comparison.h"
#include "coordinator/report/data/query.h"

namespace cox::report {

/// Runs compared with a baseline that a person named.
struct NamedComparison {
  Metric metric;
  std::vector<RunData> runs;            ///< the baseline first
  std::vector<Comparison> comparisons;  ///< of each other run, in their order; one family
  std::vector<std::string> warnings;    ///< what a reader must know first
};

/// What a reader must know of runs that are compared, and of the comparisons of their videos.
Result<std::vector<std::string>> warnings_on(const Query& query, const std::vector<RunData>& runs,
                                             const std::vector<Comparison>& comparisons);

/// Loads the runs as load_named_runs does and compares each with `baseline` in the metric that
/// metric_or_default chooses. A run that cannot be compared is an error when it was named by
/// itself, and a warning when a pattern or series named it among others. With a `margin` above 0,
/// in the metric's unit, also tests whether each is equivalent within it.
Result<NamedComparison> compare_named(const Query& query, const std::string& baseline,
                                      const std::vector<std::string>& names,
                                      const std::string& metric, double margin = 0);

/// The runs of `names`, the baseline first.
Result<std::vector<RunData>> load_to_compare(const Query& query, const std::string& baseline,
                                             const std::vector<std::string>& names);

}  // namespace cox::report
