#include "engine/vae/latent_space.h"

#include <ATen/ops/tensor.h>

#include "engine/tensors/shape.h"
#include "engine/tensors/torch.h"

namespace cox::engine {
namespace {

/// One value per latent channel, shaped for [B, z, T, h, w].
at::Tensor per_channel(const std::vector<double>& values, const at::TensorOptions& options) {
  return at::tensor(values, at::kFloat).view({1, -1, 1, 1, 1}).to(options);
}

struct Statistics {
  at::Tensor mean, inverse;
};

Statistics statistics_of(const VaeConfig& config, const at::Tensor& latents) {
  check_shape(latents, {kAny, config.z_dim, kAny, kAny, kAny}, "latents");
  return {per_channel(config.latents_mean, latents.options()),
          1 / per_channel(config.latents_std, latents.options())};
}

}  // namespace

at::Tensor normalize_latents(const at::Tensor& latents, const VaeConfig& config) {
  const auto [mean, inverse] = statistics_of(config, latents);
  return (latents - mean) * inverse;
}

at::Tensor denormalize_latents(const at::Tensor& latents, const VaeConfig& config) {
  const auto [mean, inverse] = statistics_of(config, latents);
  return latents / inverse + mean;
}

}  // namespace cox::engine
