#pragma once

#include <string>
#include <vector>

#include "coordinator/sweep/sources.h"
#include "coordinator/sweep/sweep_file.h"
#include "coordinator/sweep/yaml_tree.h"

namespace cox::sweep {

/// The top-level keys of a sweep file.
const std::vector<std::string>& sweep_keys();

/// Types a sweep file. Every error goes to `diagnostics`; the result is complete only without any.
/// `schemas` must outlive the result.
SweepFile read_sweep(Node root, const std::vector<Override>& overrides, const Schemas& schemas,
                     const SourceFile* main, Diagnostics& diagnostics);

}  // namespace cox::sweep
