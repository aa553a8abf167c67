#include "engine/vae/scaled_vae.h"

#include "engine/tensors/shape.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

ScaledVae::ScaledVae(const LevelConfig& config, int64_t spatial_scale,
                     std::unique_ptr<VaeCoder> coder, at::ScalarType dtype, at::Device device)
    : config_(config),
      spatial_scale_(spatial_scale),
      coder_(std::move(coder)),
      dtype_(dtype),
      device_(device) {}

Posterior ScaledVae::encode(const at::Tensor& pixels) const {
  const at::NoGradGuard no_grad;
  check_pixels(pixels, config_.in_channels, spatial_scale_);
  return split_moments(coder_->encode(pixels.to(device_, dtype_)));
}

at::Tensor ScaledVae::decode(const at::Tensor& latents) const {
  const at::NoGradGuard no_grad;
  check_shape(latents, {kAny, config_.latent_channels, kAny, kAny, kAny}, "latents");
  return coder_->decode(latents.to(device_, dtype_)).clamp(-1, 1);
}

at::Tensor ScaledVae::normalize(const at::Tensor& latents) const {
  return latents * config_.scaling_factor;
}

at::Tensor ScaledVae::denormalize(const at::Tensor& latents) const {
  return latents / config_.scaling_factor;
}

}  // namespace cox::engine
