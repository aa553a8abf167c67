#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>

#include "engine/vae/build.h"

namespace cox::engine {

// Layout inside the VAE: frames [B, T, H, W, C], contiguous, so that channels are innermost. A
// causal 3x3x3 convolution is then one 2D convolution over three frames stacked along the channels:
// on a CPU ten times faster than LibTorch's 3D convolution, and equal to it up to rounding.

inline constexpr std::int64_t kTimeAxis = 1;

/// Frames [B, T, H, W, C] as images [B*T, C, H, W], channels innermost, without a copy; and back.
at::Tensor frames_as_images(const at::Tensor& frames);
at::Tensor images_as_frames(const at::Tensor& images, std::int64_t batch);

/// 3x3x3 convolution: one pixel of zeros around each frame; in time each output frame sees itself
/// and the two frames before it, which are zeros at the start of a video.
class CausalConv3d {
 public:
  CausalConv3d(const VaeBuild& build, std::int64_t in, std::int64_t out);
  at::Tensor forward(const at::Tensor& frames, FeatureCache& cache) const;

 private:
  at::Tensor weight_;  ///< [out, 3 * in, 3, 3], channels innermost
  at::Tensor bias_;
  std::size_t slot_;
};

/// 3x1x1 convolution with the same rule in time; each pixel by itself.
class CausalTimeConv {
 public:
  CausalTimeConv(const VaeBuild& build, std::int64_t in, std::int64_t out);
  at::Tensor forward(const at::Tensor& frames, FeatureCache& cache) const;

 private:
  at::Tensor weight_;  ///< [out, 3 * in]
  at::Tensor bias_;
  std::size_t slot_;
};

/// 3x1x1 convolution with stride 2 that halves the frame count. The first chunk, one frame, passes
/// unchanged; later chunks see the last frame before them.
class HalvingTimeConv {
 public:
  HalvingTimeConv(const VaeBuild& build, std::int64_t channels);
  at::Tensor forward(const at::Tensor& frames, FeatureCache& cache) const;

 private:
  at::Tensor weight_;  ///< [C, 3 * C]
  at::Tensor bias_;
  std::size_t slot_;
};

/// 1x1x1 convolution.
class PointConv3d {
 public:
  PointConv3d(const VaeBuild& build, std::int64_t in, std::int64_t out);
  at::Tensor forward(const at::Tensor& frames) const;

 private:
  at::Tensor weight_;  ///< [out, in]
  at::Tensor bias_;
};

}  // namespace cox::engine
