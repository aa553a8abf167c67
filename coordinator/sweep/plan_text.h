#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "coordinator/sweep/plan.h"

namespace cox::sweep {

/// Returns what the plan would submit, for a person: one line for each run with digest, method and
/// the settings in which the runs differ, then what they share, totals, and runs that are the same
/// configuration under two names. Ends with a newline.
std::string plan_text(const SweepPlan& plan);

/// Returns every value of every run with the place where it was written.
std::string origins_text(const SweepPlan& plan);

/// Returns a line for each group of runs that compute the same, across plans, named `series/run`;
/// "" when there are none.
std::string duplicates_text(const std::vector<SweepPlan>& plans);

/// "1 run", "8 runs"
std::string counted(std::int64_t count, const std::string& singular);

/// "a GPU with 80.0 GiB in a machine with 200.0 GiB"; "" when any worker will do.
std::string needs_text(const Resources& needs);

}  // namespace cox::sweep
