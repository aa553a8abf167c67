#pragma once

#include <ATen/core/Tensor.h>

#include "engine/vae/config.h"

namespace cox::engine {

// Convert latents [B, z, T, h, w] into the transformer's latent space, and back, in the dtype of
// `latents`, with the reference's roundings: mean and deviation are rounded to it, and so is
// 1 / deviation, which multiplies on the way in and divides on the way out.

at::Tensor normalize_latents(const at::Tensor& latents, const VaeConfig& config);
at::Tensor denormalize_latents(const at::Tensor& latents, const VaeConfig& config);

}  // namespace cox::engine
