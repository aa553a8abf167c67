#pragma once

#include <functional>

#include "cli/options.h"
#include "coordinator/sweep/best_run.h"

namespace cox::cli {

/// Answers `from_best` from the results in the source that `choose` names, which is opened when a
/// sweep needs it.
sweep::FindBest best_finder(std::function<Result<Source>()> choose);

}  // namespace cox::cli
