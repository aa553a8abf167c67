#pragma once

#include <cstdint>

#include "engine/checkpoint/json_config.h"

namespace cox::engine::cogvideox {

/// How positions are encoded. Each published model uses a different combination.
enum class Positions {
  kFixedTable,        ///< sines and cosines added to the patches: 2B
  kRotary,            ///< queries and keys rotated: 5B
  kRotaryAndLearned,  ///< and a stored table added: 5B-I2V
};

/// Dimensions of a CogVideoX 1.0 transformer, as transformer/config.json gives them.
struct Config {
  int64_t in_channels = 0;   ///< latents, plus the condition of an image-to-video model
  int64_t out_channels = 0;  ///< channels of the VAE's latents
  int64_t heads = 0;
  int64_t head_dim = 0;
  int64_t depth = 0;           ///< num_layers
  int64_t time_embedding = 0;  ///< time_embed_dim
  int64_t text_channels = 0;   ///< text_embed_dim
  int64_t text_tokens = 0;     ///< max_text_seq_length
  int64_t sample_rows = 0;     ///< sample_height, latent pixels of the training size
  int64_t sample_columns = 0;  ///< sample_width
  int64_t sample_frames = 0;   ///< pixel frames
  int64_t temporal_ratio = 0;  ///< temporal_compression_ratio: pixel frames a latent frame
  double spatial_scale = 1;    ///< spatial_interpolation_scale
  double temporal_scale = 1;   ///< temporal_interpolation_scale
  double norm_epsilon = 1e-5;
  bool attention_bias = true;
  Positions positions = Positions::kRotary;

  int64_t hidden() const { return heads * head_dim; }
  int64_t condition_channels() const { return in_channels - out_channels; }
  /// Latent frames of the training size.
  int64_t latent_frames() const { return (sample_frames - 1) / temporal_ratio + 1; }

  /// Throws EngineError(kUser) on a missing key, or on unsupported values.
  static Config from_json(const JsonConfig& json);
};

/// Latent pixels on a side of a token; one frame deep.
inline constexpr int64_t kPatch = 2;

}  // namespace cox::engine::cogvideox
