#pragma once

#include <functional>
#include <string>

#include "base/status.h"
#include "cli/progress/signals.h"

namespace cox::cli {

/// Waits for workers named local-* that an earlier `cox run` with this output folder left behind;
/// reports it once; at most kOrphanWaitS, or until a signal. When `cox run` is killed, its workers
/// finish the job in flight, keep the result in their spool and exit. Until then they hold their
/// spool and the GPU's memory, and a new worker would compute the same job again.
Status wait_for_orphans(const std::string& output_directory, const StopSignals& signals,
                        const std::function<void(const std::string&)>& say);

constexpr double kOrphanWaitS = 900;  ///< several times the longest job of the study

}  // namespace cox::cli
