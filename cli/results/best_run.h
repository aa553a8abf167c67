#pragma once

#include "cli/sources/result_source.h"
#include "coordinator/sweep/best_run.h"

namespace cox::cli {

/// The run of a series whose mean of a metric is best, the first of equals. Means are compared only
/// over the same videos: kFailedPrecondition while a run has jobs without a result that the sweep
/// does not expect to fail, or when runs finished different videos; kNotFound for no such series.
Result<sweep::BestRun> find_best_run(ResultSource& source, const sweep::BestQuery& query);

/// Asks the place that `choose` names, once a sweep wants to know.
sweep::FindBest best_finder(std::function<Result<Place>()> choose);

}  // namespace cox::cli
