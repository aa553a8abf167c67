#pragma once

#include <string>

#include "coordinator/sweep/plan.h"

namespace cox::sweep {

/// What the plan would submit, for a person: one line for each run with digest, method, the
/// settings in which the runs differ, then what they share, totals, and runs that are the same
/// configuration under two names. Ends with a newline.
std::string plan_text(const SweepPlan& plan);

/// The exact expansion as JSON, `format: cox-plan/1`: runs with all parameters, their origins and
/// digests, videos, and the digest and prompt of every job. Ends with a newline.
std::string plan_json(const SweepPlan& plan);

/// "a GPU with 80.0 GiB in a machine with 200.0 GiB"; "" when any worker will do.
std::string needs_text(const Resources& needs);

/// Every value of every run with where it was written.
std::string origins_text(const SweepPlan& plan);

}  // namespace cox::sweep
