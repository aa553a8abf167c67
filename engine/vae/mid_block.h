#pragma once

#include <ATen/core/Tensor.h>

#include "engine/vae/attention_block.h"
#include "engine/vae/residual_block.h"

namespace cox::engine {

/// Residual block, attention, residual block, at the coarsest level. Frames [B, T, H, W, C].
class MidBlock {
 public:
  MidBlock(const VaeBuild& build, std::int64_t channels)
      : first_(build.at("resnets.0"), channels, channels),
        attention_(build.at("attentions.0"), channels),
        second_(build.at("resnets.1"), channels, channels) {}

  at::Tensor forward(const at::Tensor& frames, FeatureCache& cache) const {
    return second_.forward(attention_.forward(first_.forward(frames, cache)), cache);
  }

 private:
  ResidualBlock first_;
  AttentionBlock attention_;
  ResidualBlock second_;
};

}  // namespace cox::engine
