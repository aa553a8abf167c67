#pragma once

#include <vector>

#include "coordinator/sweep/model_facts.h"
#include "coordinator/sweep/plan.h"
#include "coordinator/sweep/schema.h"
#include "coordinator/sweep/sweep_file.h"

namespace cox::sweep {

/// Returns every run of a sweep in order, without digests: expands rows, lays the layers over each
/// other, adds replicates, names the runs and checks them. Complete only if `diagnostics` is still
/// ok. Values above what `facts` of the model allow are reported; a fact that is not known bounds
/// nothing.
std::vector<Run> resolve_runs(const SweepFile& sweep, const Schemas& schemas,
                              const ModelFacts& facts, Diagnostics& diagnostics);

}  // namespace cox::sweep
