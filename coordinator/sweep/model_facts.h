#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/status.h"

namespace cox::sweep {

/// Sizes of a model that bound parameters, as `blocks`, by name.
using ModelFacts = std::map<std::string, std::int64_t>;

/// Reads the facts of the model in `directory`. `keys` gives the place of each fact:
/// `dit.depth` is `depth` in dit/config.json, and places may be joined by + or *, from left to
/// right. A fact that the file lacks is left out, and bounds nothing. kNotFound without such a
/// file; kInvalidArgument when the file is not JSON or holds anything but a whole number.
Result<ModelFacts> read_model_facts(const std::string& directory,
                                    const std::map<std::string, std::string>& keys);

/// Returns the number at a place, or the sum or product of several; nothing when one is missing.
using FindSize =
    std::function<std::optional<std::int64_t>(const std::string& folder, const std::string& key)>;
std::optional<std::int64_t> fact_of(const std::string& place, const FindSize& find);

}  // namespace cox::sweep
