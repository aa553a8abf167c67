#pragma once

#include <string>

#include "base/status.h"
#include "cli/sources/result_source.h"
#include "coordinator/sweep/plan.h"

namespace cox::cli {

/// Why no worker takes jobs with these needs: "needs a GPU with 80.0 GiB, workers have: w0 a cpu";
/// "" when one of them could. `workers` is a condition over v_workers that says who counts.
Result<std::string> unmet_needs(ResultSource& source, const Resources& needs,
                                const std::string& workers);

}  // namespace cox::cli
