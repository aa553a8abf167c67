#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

#include "engine/vae/causal_conv3d.h"

namespace cox::engine {

/// A 3x3 convolution of each frame. Images [N, C, H, W], channels innermost.
class FrameConv {
 public:
  FrameConv(const VaeBuild& build, std::int64_t in, std::int64_t out);
  at::Tensor forward(const at::Tensor& images, std::int64_t stride, std::int64_t padding) const;

 private:
  at::Tensor weight_;
  at::Tensor bias_;
};

/// Halves height and width and, when `temporal`, the frame count of all chunks but the first.
/// Frames [B, T, H, W, C].
class Downsample {
 public:
  Downsample(const VaeBuild& build, std::int64_t channels, bool temporal);
  at::Tensor forward(const at::Tensor& frames, FeatureCache& cache) const;

 private:
  FrameConv spatial_;
  std::optional<HalvingTimeConv> time_;
};

/// Doubles height and width, turns `in` channels into `out` and, when `temporal`, doubles the frame
/// count of all chunks but the first. Frames [B, T, H, W, C].
class Upsample {
 public:
  Upsample(const VaeBuild& build, std::int64_t in, std::int64_t out, bool temporal);
  at::Tensor forward(const at::Tensor& frames, FeatureCache& cache) const;

 private:
  FrameConv spatial_;
  std::optional<CausalTimeConv> time_;
};

}  // namespace cox::engine
