#pragma once

#include <ATen/core/Tensor.h>

#include "engine/vae/channel_norm.h"

namespace cox::engine {

/// Self-attention with one head over the pixels of each frame, added to its input.
/// Frames [B, T, H, W, C].
class AttentionBlock {
 public:
  AttentionBlock(const VaeBuild& build, std::int64_t channels);
  at::Tensor forward(const at::Tensor& frames) const;

 private:
  ChannelNorm norm_;
  at::Tensor qkv_weight_;  ///< [3C, C]: q, k, v
  at::Tensor qkv_bias_;
  at::Tensor proj_weight_;  ///< [C, C]
  at::Tensor proj_bias_;
};

}  // namespace cox::engine
