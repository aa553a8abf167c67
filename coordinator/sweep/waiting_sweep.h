#pragma once

#include <string>

#include "coordinator/sweep/plan.h"
#include "coordinator/sweep/yaml_tree.h"

namespace cox::sweep {

/// Reads a sweep with `waits_for: TEXT`, which names what this version lacks to run it: series, and
/// the ids of `runs`. Its other sections may hold what this version does not know, so only their
/// names are checked.
SweepPlan read_waiting_sweep(const Node& root, std::string text, Diagnostics& diagnostics);

}  // namespace cox::sweep
