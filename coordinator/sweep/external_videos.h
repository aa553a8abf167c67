#pragma once

#include <vector>

#include "coordinator/sweep/diagnostics.h"
#include "coordinator/sweep/plan.h"

namespace cox::sweep {

/// Completes the runs of method `external`: makes their paths absolute, with the run's name in
/// them, and digests the videos that are there. Returns a note for each run that lacks some: their
/// jobs will fail. Reports a path that is missing or names no `{video}` where there are several
/// videos, and a videos_digest that a person wrote.
std::vector<std::string> resolve_external_videos(const Dataset& dataset, const Position& at,
                                                 std::vector<Run>& runs, Diagnostics& diagnostics);

}  // namespace cox::sweep
