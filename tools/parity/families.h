#pragma once

#include <string>
#include <vector>

#include "tools/parity/parity_job.h"

namespace cox::engine {

/// The ops of a model family by name.
using ParityOps = std::map<std::string, ParityOp>;

/// Returns every name of families.def.
std::vector<std::string> parity_families();

/// Returns every op that at least one family has.
std::vector<std::string> parity_op_names();

/// Returns an op of a family. Throws EngineError(kUser) that lists the known names for an unknown
/// family or op.
const ParityOp& find_parity_op(const std::string& family, const std::string& op);

}  // namespace cox::engine
