#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "coordinator/core/step.h"

namespace cox::core {

// The newest submission defines a series.

/// Takes a current name from the run that holds it in the series. `why` follows "run 'name'".
void retire(Step& step, SeriesNumber series, const std::string& name, const std::string& why);

/// The videos that a submission, not applied yet, requests for each known run.
using AskedVideos = std::map<RunNumber, std::set<VideoNumber>>;

/// The jobs of runs that ever were in the series, or that `asked` names, which no current run of
/// any series covers. With `asked`, that replaces the current runs of the series.
std::vector<JobNumber> unwanted_jobs(QueueState& state, SeriesNumber series,
                                     const AskedVideos* asked = nullptr);

/// Cancels the unwanted jobs that have not ended. Returns how many.
std::uint64_t cancel_unwanted(Step& step, SeriesNumber series);

}  // namespace cox::core
