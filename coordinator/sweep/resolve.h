#pragma once

#include <vector>

#include "coordinator/sweep/model_facts.h"
#include "coordinator/sweep/plan.h"
#include "coordinator/sweep/schema.h"
#include "coordinator/sweep/sweep_file.h"

namespace cox::sweep {

/// Every run of a sweep, in order: rows expanded, layers laid over each other, replicates, names,
/// checks of the file and of geometry. Digests are left empty. Complete only when `diagnostics` is
/// still ok.
/// Values above what `facts` of the model allows are reported; facts that are not known bound
/// nothing.
std::vector<Run> resolve_runs(const SweepFile& sweep, const Schemas& schemas,
                              const ModelFacts& facts, Diagnostics& diagnostics);

}  // namespace cox::sweep
