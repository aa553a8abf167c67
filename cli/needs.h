#pragma once

#include <string>
#include <vector>

#include "coordinator/report/data/queue_status.h"

namespace cox::cli {

/// Why none of `workers` accepts jobs with these needs: "needs a GPU with 80.0 GiB; workers: w0 a
/// cpu", or "" when one of them could.
std::string unmet_needs(const Resources& needs, const std::vector<report::Worker>& workers);

}  // namespace cox::cli
