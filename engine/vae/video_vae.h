#pragma once

#include <ATen/core/Tensor.h>

#include "engine/vae/posterior.h"

namespace cox::engine {

/// A VAE with frozen weights. Const methods keep no state between calls; owned by one thread.
class VideoVae {
 public:
  virtual ~VideoVae() = default;

  /// pixels [B, 3, F, H, W] in [-1, 1], moved to the VAE's dtype and device; H and W multiples of
  /// the spatial scale. Latents are not normalized.
  virtual Posterior encode(const at::Tensor& pixels) const = 0;
  /// latents [B, z, T, h, w], not normalized -> pixels clamped to [-1, 1].
  virtual at::Tensor decode(const at::Tensor& latents) const = 0;

  /// Convert into and out of the transformer's latent space, in the dtype of `latents`.
  virtual at::Tensor normalize(const at::Tensor& latents) const = 0;
  virtual at::Tensor denormalize(const at::Tensor& latents) const = 0;

  /// Returns the pixels on a side of a latent.
  virtual int64_t spatial_scale() const = 0;
};

/// Throws std::invalid_argument unless `pixels` is [B, channels, F, H, W] with at least one frame,
/// H and W positive multiples of `scale`.
void check_pixels(const at::Tensor& pixels, int64_t channels, int64_t scale);

}  // namespace cox::engine
