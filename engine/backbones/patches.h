#pragma once

#include <ATen/core/Tensor.h>

#include "engine/nn/rope.h"

namespace cox::engine {

// Latents [B, C, T, H, W] as tokens [B, N, C p^2] of p x p latent pixels in (frame, row, column)
// order, features in (channel, row, column) order.

/// Throws std::invalid_argument unless `latents` is [B, channels, T, H, W], T at least 1, H and W
/// positive multiples of the patch.
void check_patches(const at::Tensor& latents, int64_t channels, int64_t patch);
TokenGrid patch_grid(const at::Tensor& latents, int64_t patch);
at::Tensor pack_patches(const at::Tensor& latents, int64_t patch);
at::Tensor unpack_patches(const at::Tensor& tokens, const TokenGrid& grid, int64_t patch);
/// The same for features in (row, column, channel) order.
at::Tensor unpack_channels_last(const at::Tensor& tokens, const TokenGrid& grid, int64_t patch);

}  // namespace cox::engine
