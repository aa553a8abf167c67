#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/service/coordinator.h"

namespace cox::cli {

/// Fails when a model directory, a LoRA file or metric weights that unfinished jobs need cannot be
/// opened on this machine: kFailedPrecondition that names each with the runs that need it, and what
/// to do. A worker would otherwise be given jobs that it cannot run.
Status check_inputs(const std::vector<service::OpenRun>& open, const std::string& database);

}  // namespace cox::cli
