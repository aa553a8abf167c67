#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "engine/vae/build.h"

namespace cox::engine {

// Layers of the VAEs that keep a video as [B, C, T, H, W].

/// Group norm with gain and bias over groups of channels and all frames.
class GroupNorm3d {
 public:
  GroupNorm3d(const VaeBuild& build, std::int64_t channels, std::int64_t groups, double epsilon);
  at::Tensor forward(const at::Tensor& x) const;

 private:
  at::Tensor weight_, bias_;
  std::int64_t groups_;
  double epsilon_;
};

/// A cubic convolution without padding in time; `padding` zeros around each frame.
class Conv3d {
 public:
  Conv3d(const VaeBuild& build, std::int64_t in, std::int64_t out, std::int64_t size);
  at::Tensor forward(const at::Tensor& x, std::int64_t padding = 0) const;
  at::Tensor strided(const at::Tensor& x, at::IntArrayRef stride) const;

 private:
  at::Tensor weight_, bias_;
};

/// Repeats frames, rows and columns by `factor`.
at::Tensor repeat_nearest(const at::Tensor& x, at::IntArrayRef factor);

}  // namespace cox::engine
