#pragma once

#include <optional>
#include <string>

#include "coordinator/sweep/schema.h"
#include "coordinator/sweep/yaml_tree.h"

namespace cox::sweep {

/// Reads a method, or a list of methods that act together, as its one name. Reports an unknown
/// method, and methods that cannot act together.
std::optional<std::string> read_method_name(const Node& node, const Schemas& schemas,
                                            Diagnostics& diagnostics);

}  // namespace cox::sweep
