#pragma once

#include <string>
#include <vector>

#include "tools/parity/parity_job.h"

namespace cox::engine {

/// The ops of a family of backbones by their names.
using ParityOps = std::map<std::string, ParityOp>;

/// Every name of families.def.
std::vector<std::string> parity_families();

/// Every op that some family has.
std::vector<std::string> parity_op_names();

/// The op of a family, or one that needs no model. Throws EngineError(kUser) that names what there
/// is for an unknown family or op.
const ParityOp& find_parity_op(const std::string& family, const std::string& op);

}  // namespace cox::engine
