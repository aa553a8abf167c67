#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include "engine/vae/causal_conv3d.h"
#include "engine/vae/channel_norm.h"

namespace cox::engine {

/// Norm, SiLU, convolution, twice, plus a shortcut, which is a 1x1x1 convolution if the channel
/// count changes. Frames [B, T, H, W, C].
class ResidualBlock {
 public:
  ResidualBlock(const VaeBuild& build, std::int64_t in, std::int64_t out);
  at::Tensor forward(const at::Tensor& frames, FeatureCache& cache) const;

 private:
  ChannelNorm norm1_;
  CausalConv3d conv1_;
  ChannelNorm norm2_;
  CausalConv3d conv2_;
  std::optional<PointConv3d> shortcut_;
};

}  // namespace cox::engine
