#pragma once

#include <cstdint>
#include <vector>

#include "engine/checkpoint/json_config.h"

namespace cox::engine::open_sora {

/// T5 tokens of a prompt, padding included, as the model was trained.
inline constexpr int64_t kTextTokens = 512;

/// Dimensions of an Open-Sora v2.0 transformer: the fields of its MMDiTConfig.
struct Config {
  int64_t in_channels = 0;  ///< channels of a token: latent channels times the pixels of a patch
  int64_t pooled_channels = 0;  ///< vec_in_dim, channels of the pooled text
  int64_t text_channels = 0;    ///< context_in_dim
  int64_t hidden = 0;           ///< hidden_size
  int64_t heads = 0;            ///< num_heads
  int64_t double_blocks = 0;    ///< depth: separate weights for text and latents
  int64_t single_blocks = 0;    ///< depth_single_blocks: one stream
  int64_t ffn_hidden = 0;       ///< hidden times mlp_ratio
  std::vector<int64_t> axes;    ///< axes_dim: features of a head for frame, row and column
  double theta = 0;             ///< base of the rotary embedding
  bool qkv_bias = false;        ///< whether the double blocks' qkv layers have a bias
  bool guidance_embed = false;  ///< distilled from a guided model
  bool fused_qkv = false;       ///< one layer `qkv` or `linear1` instead of its parts
  bool rotates_halves = false;  ///< use_liger_rope: pairs (j, j + d / 2) instead of (2j, 2j + 1)
  int64_t patch = 0;            ///< patch_size

  int64_t head_dim() const { return hidden / heads; }
  int64_t latent_channels() const { return in_channels / (patch * patch); }
  /// Features of a condition token: the mask and the known latents.
  int64_t condition_channels() const { return in_channels + patch * patch; }

  /// Throws EngineError(kUser) on a missing key, or on unsupported values.
  static Config from_json(const JsonConfig& json);
};

}  // namespace cox::engine::open_sora
