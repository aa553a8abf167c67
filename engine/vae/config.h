#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/checkpoint/json_config.h"

namespace cox::engine {

/// vae/config.json of a Wan VAE: the Wan 2.1 layout or the residual one of Wan 2.2. Every size of
/// the network follows from it.
struct VaeConfig {
  std::int64_t base_dim = 0;           ///< channels after the encoder's first convolution
  std::int64_t decoder_base_dim = 0;   ///< the decoder's; equals base_dim unless the file sets it
  std::int64_t z_dim = 0;              ///< latent channels
  std::int64_t in_channels = 3;        ///< encoder input: pixel channels times patch * patch
  std::int64_t out_channels = 3;       ///< decoder output, likewise
  bool residual = false;               ///< levels have shortcuts that average or repeat values
  std::int64_t patch = 1;              ///< each patch x patch pixels become the channels of one
  std::int64_t num_res_blocks = 0;     ///< per level of the encoder; the decoder has one more
  std::vector<std::int64_t> dim_mult;  ///< channels of each level, in units of base_dim
  std::vector<bool> temporal_downsample;  ///< for each level but the last: does it halve time?
  std::vector<double> latents_mean;       ///< z_dim values
  std::vector<double> latents_std;        ///< z_dim values, all positive

  /// Pixels per latent along height and width, and pixel frames per latent frame after the first.
  std::int64_t spatial_scale() const;
  std::int64_t temporal_scale() const;
  /// Channels of a pixel.
  std::int64_t pixel_channels_in() const { return in_channels / (patch * patch); }
  std::int64_t pixel_channels_out() const { return out_channels / (patch * patch); }
};

/// Reads and checks the file. Throws EngineError(kUser) that names file and key for a missing or
/// contradictory entry, and for unsupported layouts (`attn_scales`).
VaeConfig read_vae_config(const std::string& path);
VaeConfig parse_vae_config(const JsonConfig& file);

}  // namespace cox::engine
