#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/checkpoint/json_config.h"

namespace cox::engine {

/// vae/config.json of a CogVideoX VAE. Every size of the network follows from it.
struct CogVideoXVaeConfig {
  std::int64_t in_channels = 3;
  std::int64_t out_channels = 3;
  std::int64_t latent_channels = 0;
  std::vector<std::int64_t> channels;  ///< block_out_channels, of each level
  std::int64_t blocks = 0;           ///< layers_per_block of the encoder; the decoder has one more
  std::int64_t groups = 0;           ///< norm_num_groups
  double norm_epsilon = 0;           ///< in the encoder's blocks
  std::int64_t temporal_levels = 0;  ///< the first levels halve time: log2 of the ratio
  double scaling_factor = 0;

  std::int64_t spatial_scale() const { return std::int64_t{1} << (channels.size() - 1); }
};

/// Reads and checks the file. Throws EngineError(kUser) that names file and key for a missing or
/// contradictory entry, and for layouts other than CogVideoX 1.0.
CogVideoXVaeConfig read_cogvideox_vae_config(const std::string& path);

/// Checks entries that were already read.
CogVideoXVaeConfig parse_cogvideox_vae_config(const JsonConfig& file);

}  // namespace cox::engine
