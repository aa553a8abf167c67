#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/checkpoint/json_config.h"

namespace cox::engine {

/// What vae/config.json says of a VAE in levels, whatever its layers are.
struct LevelConfig {
  std::int64_t in_channels = 3;
  std::int64_t out_channels = 3;
  std::int64_t latent_channels = 0;
  std::vector<std::int64_t> channels;  ///< block_out_channels, of each level
  std::int64_t blocks = 0;  ///< layers_per_block of the encoder; the decoder has one more
  std::int64_t groups = 0;  ///< norm_num_groups
  double scaling_factor = 0;
};

/// Reads and checks those entries; channels are multiples of the norms' groups.
LevelConfig read_level_config(const JsonConfig& file);

/// Returns log2 of a compression ratio, a power of two; less than the number of levels.
std::int64_t halvings_of(const JsonConfig& file, const std::string& key, std::size_t levels);

}  // namespace cox::engine
