#pragma once

#include <cstdint>
#include <string>

#include "engine/checkpoint/json_config.h"

namespace cox::engine::longcat {

/// Dimensions of the LongCat-Video transformer, as dit/config.json gives them.
struct Config {
  int64_t channels = 0;        ///< in_channels = out_channels, of the VAE's latents
  int64_t hidden = 0;          ///< hidden_size
  int64_t depth = 0;           ///< blocks
  int64_t heads = 0;           ///< num_heads
  int64_t text_channels = 0;   ///< caption_channels
  int64_t ffn_hidden = 0;      ///< from mlp_ratio: 2/3 of it, rounded up to a multiple of 256
  int64_t time_embedding = 0;  ///< adaln_tembed_dim
  int64_t frequency_size = 0;  ///< frequency_embedding_size
  bool zero_pad_text = false;  ///< text_tokens_zero_pad: padding tokens are attended to, as zeros

  int64_t head_dim() const { return hidden / heads; }

  /// Throws EngineError(kUser) on a missing key, or on values that the architecture cannot have.
  static Config from_json(const JsonConfig& json);
};

/// Latent pixels on a side of a token; the architecture is fixed to 1 frame x 2 x 2.
inline constexpr int64_t kPatch = 2;

}  // namespace cox::engine::longcat
