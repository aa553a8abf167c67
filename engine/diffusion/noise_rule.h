#pragma once

#include <ATen/core/Tensor.h>

namespace cox::engine {

// How a family adds noise to clean latents, and the target of its raw output. Each family's rule is
// a function of clean latents [B, C, T, H, W], noise and a noise level.

/// The input of a transformer and the target of its output.
struct NoisedLatents {
  at::Tensor latents;   ///< [B, C, T, H, W] fp32
  at::Tensor timestep;  ///< [B, T] or [B, 1], in the family's units
  at::Tensor target;    ///< for the raw output of all frames [B, C, T, H, W]
};

/// Returns the mean square of (output - target) over the frames from `first` on, as an fp32 scalar
/// tensor. Throws std::invalid_argument if no frame remains.
at::Tensor mean_square_from(const at::Tensor& output, const at::Tensor& target, int64_t first);

/// Flow matching of the Wan family: x = (1 - s) clean + s noise at time 1000 s, and the output
/// approximates noise - clean. sigma [B].
NoisedLatents flow_noised(const at::Tensor& clean, const at::Tensor& noise,
                          const at::Tensor& sigma);

/// Like flow_noised, but the first k frames stay clean at time 0 and `noise` [B, C, T - k, H, W]
/// covers the other frames. The target of clean frames is 0; the loss excludes them.
NoisedLatents flow_noised_after(const at::Tensor& clean, const at::Tensor& noise,
                                const at::Tensor& sigma);

}  // namespace cox::engine
