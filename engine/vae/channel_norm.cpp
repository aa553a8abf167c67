#include "engine/vae/channel_norm.h"

#include <ATen/ops/linalg_vector_norm.h>

#include <cmath>

#include "engine/tensors/torch.h"

namespace cox::engine {
namespace {

constexpr double kEpsilon = 1e-12;

std::vector<std::int64_t> gamma_shape(std::int64_t channels, int broadcast_dims) {
  std::vector<std::int64_t> shape(static_cast<std::size_t>(broadcast_dims) + 1, 1);
  shape[0] = channels;
  return shape;
}

}  // namespace

ChannelNorm::ChannelNorm(const VaeBuild& build, std::int64_t channels, int broadcast_dims)
    : gamma_(build.take("gamma", gamma_shape(channels, broadcast_dims)).flatten()),
      scale_(std::sqrt(static_cast<double>(channels))) {}

at::Tensor ChannelNorm::forward(const at::Tensor& x) const {
  const at::Tensor length = at::linalg_vector_norm(x, 2, {-1}, /*keepdim=*/true);
  // Factor by factor, so that bf16 rounds where the reference rounds.
  return (x / length.clamp_min(kEpsilon)).mul_(scale_).mul_(gamma_);
}

}  // namespace cox::engine
