#pragma once

#include <string>

#include "coordinator/sweep/plan.h"

namespace cox::sweep {

/// Returns the exact expansion as JSON, `format: cox-plan/1`: runs with all parameters, their
/// origins and digests, videos, and the digest of every job. Ends with a newline.
std::string plan_json(const SweepPlan& plan);

}  // namespace cox::sweep
