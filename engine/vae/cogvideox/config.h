#pragma once

#include <cstdint>
#include <string>

#include "engine/vae/level_config.h"

namespace cox::engine {

/// vae/config.json of a CogVideoX VAE. Every size of the network follows from it.
struct CogVideoXVaeConfig : LevelConfig {
  double norm_epsilon = 0;           ///< in the encoder's blocks
  std::int64_t temporal_levels = 0;  ///< the first levels halve time: log2 of the ratio

  std::int64_t spatial_scale() const { return std::int64_t{1} << (channels.size() - 1); }
};

/// Reads and checks the file. Throws EngineError(kUser) that names file and key for a missing or
/// contradictory entry, and for layouts other than CogVideoX 1.0.
CogVideoXVaeConfig read_cogvideox_vae_config(const std::string& path);

/// Checks entries that were already read.
CogVideoXVaeConfig parse_cogvideox_vae_config(const JsonConfig& file);

}  // namespace cox::engine
