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

/// Loads the runs as load_named_run does and compares each of `names` with `baseline` in the metric
/// that metric_or_default chooses. With a `margin` above 0, in the metric's unit, also tests
/// whether each is equivalent within it.
Result<NamedComparison> compare_named(const Query& query, const std::string& baseline,
                                      const std::vector<std::string>& names,
                                      const std::string& metric, double margin = 0);

}  // namespace cox::report
