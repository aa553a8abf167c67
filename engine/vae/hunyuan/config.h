#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/vae/level_config.h"

namespace cox::engine {

/// vae/config.json of a HunyuanVideo VAE. Every size of the network follows from it.
struct HunyuanVaeConfig : LevelConfig {
  std::int64_t spatial_halvings = 0;   ///< log2 of spatial_compression_ratio
  std::int64_t temporal_halvings = 0;  ///< log2 of temporal_compression_ratio
  bool attends = true;                 ///< mid_block_add_attention

  std::int64_t spatial_scale() const { return std::int64_t{1} << spatial_halvings; }
  /// Resampling factors of frames, rows and columns between `level` and the next; all 1 without
  /// resampling. Encoder and decoder use the same numbering: space in the first levels, time in the
  /// last ones.
  std::vector<std::int64_t> factors(std::size_t level) const;
};

/// Reads and checks the file. Throws EngineError(kUser) that names file and key for a missing or
/// contradictory entry.
HunyuanVaeConfig read_hunyuan_vae_config(const std::string& path);

/// Checks entries that were already read.
HunyuanVaeConfig parse_hunyuan_vae_config(const JsonConfig& file);

}  // namespace cox::engine
