#pragma once

#include <vector>

#include "coordinator/spec/plan.h"
#include "coordinator/spec/schema.h"
#include "coordinator/spec/sweep_file.h"

namespace cox::spec {

/// Every run of a sweep, in order: rows expanded, layers laid over each other, replicates, names,
/// checks of the file and of geometry. Digests are left empty. Complete only when `diagnostics` is
/// still ok.
std::vector<Run> resolve_runs(const SweepFile& sweep, const Schemas& schemas,
                              Diagnostics& diagnostics);

}  // namespace cox::spec
