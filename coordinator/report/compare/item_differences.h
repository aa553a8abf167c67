#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/report/compare/named_comparison.h"

namespace cox::report {

/// One row for each pair of every comparison, from the largest gain of the run to its largest loss:
/// run, video, category (when it is not ""), baseline and run value, difference (run minus
/// baseline) and outcome (gain, loss or tie, by the metric's direction).
Result<Table> item_rows(const NamedComparison& named, const std::string& category);

/// One row for each comparison and category: pairs, mean difference with the interval of its mean,
/// gains, losses, ties. kInvalidArgument for a pattern that by_category refuses.
Result<Table> category_rows(const NamedComparison& named, const std::string& category);

}  // namespace cox::report
