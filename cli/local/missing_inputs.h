#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/service/coordinator.h"

namespace cox::cli {

/// Refuses to begin when a model directory, a LoRA file or LPIPS weights that open jobs need cannot
/// be opened on this machine: kFailedPrecondition that names each with the runs that need it, and
/// what to do. Every one of these jobs would otherwise be handed to a worker that cannot run it.
Status check_inputs(const std::vector<service::OpenRun>& open, const std::string& database);

}  // namespace cox::cli
