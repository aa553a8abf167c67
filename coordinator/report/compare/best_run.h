#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/report/data/metrics.h"
#include "coordinator/report/data/run_data.h"

namespace cox::report {

/// The run of a series whose mean of a metric is best, the first of equals; replicates of one
/// configuration count as their average, which answers with the first of them. Means are compared
/// over the same videos only: kFailedPrecondition while a run has jobs without a result that the
/// sweep does not expect to fail, when only some screen in fp8, when runs finished different videos
/// or lack the metric on one, or when they measured it with different weights. `runs` are those of
/// one series, at least one.
Result<RunData> best_run(std::vector<RunData> runs, const std::string& metric,
                         bool higher_is_better);

}  // namespace cox::report
