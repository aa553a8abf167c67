#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include "engine/vae/hunyuan/config.h"
#include "engine/vae/video_layers.h"

namespace cox::engine::hunyuan_vae {

/// Epsilon of every norm.
inline constexpr double kEpsilon = 1e-6;

/// 3x3x3 convolution with a replicated border: one pixel around each frame, and two copies of the
/// first frame before it. [B, C, T, H, W].
class CausalConv {
 public:
  CausalConv(const VaeBuild& build, std::int64_t in, std::int64_t out);
  at::Tensor forward(const at::Tensor& x, at::IntArrayRef stride = {1, 1, 1}) const;

 private:
  Conv3d conv_;
};

/// Norm, SiLU, convolution, twice, plus a shortcut.
class ResidualBlock {
 public:
  ResidualBlock(const VaeBuild& build, std::int64_t in, std::int64_t out,
                const HunyuanVaeConfig& config);
  at::Tensor forward(const at::Tensor& x) const;

 private:
  GroupNorm3d norm1_;
  CausalConv conv1_;
  GroupNorm3d norm2_;
  CausalConv conv2_;
  std::optional<Conv3d> shortcut_;
};

/// Self-attention with one head over all pixels of a frame and of those before it, added to its
/// input.
class CausalAttention {
 public:
  CausalAttention(const VaeBuild& build, std::int64_t channels, const HunyuanVaeConfig& config);
  at::Tensor forward(const at::Tensor& x) const;

 private:
  struct Projection {
    Projection(const VaeBuild& build, std::int64_t channels);
    at::Tensor forward(const at::Tensor& x) const;

    at::Tensor weight, bias;
  };

  GroupNorm3d norm_;
  Projection q_, k_, v_, out_;
};

/// Residual block, attention if the configuration has it, residual block.
class MidBlock {
 public:
  MidBlock(const VaeBuild& build, std::int64_t channels, const HunyuanVaeConfig& config);
  at::Tensor forward(const at::Tensor& x) const;

 private:
  ResidualBlock first_;
  std::optional<CausalAttention> attention_;
  ResidualBlock second_;
};

}  // namespace cox::engine::hunyuan_vae
