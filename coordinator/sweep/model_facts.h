#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/status.h"

namespace cox::sweep {

/// Sizes of a model that bound parameters, as `blocks`, by name.
using ModelFacts = std::map<std::string, std::int64_t>;

/// Reads the facts of the model in `directory`. `keys` says where each fact is written:
/// `dit.depth` is `depth` in dit/config.json. A fact that the file lacks is left out, and bounds
/// nothing. kNotFound without such a file; kInvalidArgument when the file is not JSON or
/// holds anything but a whole number.
Result<ModelFacts> read_model_facts(const std::string& directory,
                                    const std::map<std::string, std::string>& keys);

}  // namespace cox::sweep
