#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "engine/vae/build.h"

namespace cox::engine {

/// y = x / max(|x|, 1e-12) * sqrt(C) * gamma, the norm taken over the channels of each pixel.
class ChannelNorm {
 public:
  /// `broadcast_dims` counts the ones behind C in the stored gamma: 3 for videos, 2 for images.
  ChannelNorm(const VaeBuild& build, std::int64_t channels, int broadcast_dims);
  /// x [..., C]
  at::Tensor forward(const at::Tensor& x) const;

 private:
  at::Tensor gamma_;  ///< [C]
  double scale_;
};

}  // namespace cox::engine
