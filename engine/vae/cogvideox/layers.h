#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include "engine/vae/cogvideox/config.h"
#include "engine/vae/video_layers.h"

namespace cox::engine::cogvideox_vae {

/// The frame axis of [B, C, T, H, W].
inline constexpr std::int64_t kTime = 2;
/// Epsilon of every norm outside the encoder's blocks.
inline constexpr double kEpsilon = 1e-6;

/// 3x3x3 convolution: zeros around each frame; in time each output frame depends on itself and the
/// two before it; before the start of a video its first frame is repeated. [B, C, T, H, W].
class CausalConv {
 public:
  CausalConv(const VaeBuild& build, std::int64_t in, std::int64_t out);
  at::Tensor forward(const at::Tensor& x, FeatureCache& cache) const;

 private:
  Conv3d conv_;
  std::size_t slot_;
};

/// Group norm, scaled and shifted at each pixel by functions of the latents.
class SpatialNorm {
 public:
  SpatialNorm(const VaeBuild& build, std::int64_t channels, const CogVideoXVaeConfig& config);
  at::Tensor forward(const at::Tensor& x, const at::Tensor& latents) const;

 private:
  GroupNorm3d norm_;
  Conv3d scale_, shift_;
};

/// Norm, SiLU, convolution, twice, plus a shortcut.
class EncoderBlock {
 public:
  EncoderBlock(const VaeBuild& build, std::int64_t in, std::int64_t out,
               const CogVideoXVaeConfig& config);
  at::Tensor forward(const at::Tensor& x, FeatureCache& cache) const;

 private:
  GroupNorm3d norm1_;
  CausalConv conv1_;
  GroupNorm3d norm2_;
  CausalConv conv2_;
  std::optional<Conv3d> shortcut_;
};

/// A residual block whose norms depend on the latents.
class DecoderBlock {
 public:
  DecoderBlock(const VaeBuild& build, std::int64_t in, std::int64_t out,
               const CogVideoXVaeConfig& config);
  at::Tensor forward(const at::Tensor& x, const at::Tensor& latents, FeatureCache& cache) const;

 private:
  SpatialNorm norm1_;
  CausalConv conv1_;
  SpatialNorm norm2_;
  CausalConv conv2_;
  std::optional<Conv3d> shortcut_;
};

/// 3x3 convolution of each frame after resampling.
class Resample {
 public:
  Resample(const VaeBuild& build, std::int64_t channels, bool temporal);

  /// Halves height and width, and averages pairs of frames; with an odd count the first frame is
  /// kept.
  at::Tensor down(const at::Tensor& x) const;
  /// Doubles height and width, and repeats frames; with an odd count the first frame is not
  /// repeated.
  at::Tensor up(const at::Tensor& x) const;

 private:
  at::Tensor weight_, bias_;
  bool temporal_;
};

}  // namespace cox::engine::cogvideox_vae
