#pragma once

#include <cstdint>

#include "engine/checkpoint/json_config.h"

namespace cox::engine::wan {

/// Dimensions of a Wan transformer, as transformer/config.json of the diffusers layout gives them.
struct Config {
  int64_t in_channels = 0;     ///< noisy latents, plus the channels of the condition
  int64_t out_channels = 0;    ///< channels of the VAE's latents
  int64_t depth = 0;           ///< num_layers
  int64_t heads = 0;           ///< num_attention_heads
  int64_t head_dim = 0;        ///< attention_head_dim
  int64_t ffn_hidden = 0;      ///< ffn_dim
  int64_t text_channels = 0;   ///< text_dim
  int64_t frequency_size = 0;  ///< freq_dim
  int64_t image_channels = 0;  ///< image_dim; 0 without an image embedder
  int64_t max_positions = 0;   ///< rope_max_seq_len, for each axis of the token grid
  double eps = 0;              ///< epsilon of the blocks' norms

  int64_t hidden() const { return heads * head_dim; }
  /// Channels of the condition: 0 for text-to-video.
  int64_t condition_channels() const { return in_channels - out_channels; }
  bool sees_image() const { return image_channels > 0; }

  /// Throws EngineError(kUser) on a missing key, on unsupported values, and on the
  /// config of another class.
  static Config from_json(const JsonConfig& json);
};

/// Latent pixels on a side of a token; the architecture is fixed to 1 frame x 2 x 2.
inline constexpr int64_t kPatch = 2;

}  // namespace cox::engine::wan
