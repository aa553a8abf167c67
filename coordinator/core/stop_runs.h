#pragma once

#include "coordinator/core/result.h"
#include "coordinator/core/step.h"

namespace cox::core {

// Jobs that a rule of their series stops: those of runs that fall behind, and all that wait once
// the budget is used.

/// Keeps what the stop rule of the job's series looks at.
void take_score(QueueState& state, const Job& job, const JobResult& result, JobStatus& status);
/// A job ended: compares the runs of its series when its run has come to the next comparison.
void stop_lagging_runs(Step& step, JobNumber ended);
/// Stops what waits in a series that has used its GPU-hours.
void enforce_budget(Step& step, SeriesNumber series);
/// Whether a new submission of the series lets the stopped job run after all.
bool is_still_stopped(QueueState& state, SeriesNumber series, const JobStatus& status);

}  // namespace cox::core
