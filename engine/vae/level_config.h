#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/checkpoint/json_config.h"

namespace cox::engine {

/// Reads `block_out_channels`: the channels of each level, multiples of the norms' groups.
std::vector<std::int64_t> read_level_channels(const JsonConfig& file, std::int64_t groups);

/// Returns log2 of a compression ratio, a power of two; less than the number of levels.
std::int64_t halvings_of(const JsonConfig& file, const std::string& key, std::size_t levels);

}  // namespace cox::engine
