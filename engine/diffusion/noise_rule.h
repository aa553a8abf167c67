#pragma once

#include <ATen/core/Tensor.h>

namespace cox::engine {

// How a family noises clean latents, and what its raw output is then compared with. Each family's
// rule is a function of clean latents [B, C, T, H, W], noise and a noise level.

/// A question to a transformer and its answer.
struct NoisedLatents {
  at::Tensor latents;   ///< [B, C, T, H, W] fp32
  at::Tensor timestep;  ///< [B, T] or [B, 1], as the transformer takes it
  at::Tensor target;    ///< of the raw output over all frames [B, C, T, H, W]
};

/// Mean square of (output - target) over the frames from `first` on, fp32, as a scalar tensor.
/// Throws std::invalid_argument unless at least one frame is left.
at::Tensor mean_square_from(const at::Tensor& output, const at::Tensor& target, int64_t first);

/// Flow matching of the Wan family: x = (1 - s) clean + s noise at time 1000 s, and the output
/// approximates noise - clean. sigma [B].
NoisedLatents flow_noised(const at::Tensor& clean, const at::Tensor& noise,
                          const at::Tensor& sigma);

/// The same where the first frames stay clean at time 0 and `noise` [B, C, T - k, H, W] is that of
/// the k-th frame and after. The target of clean frames is 0: the loss leaves them out.
NoisedLatents flow_noised_after(const at::Tensor& clean, const at::Tensor& noise,
                                const at::Tensor& sigma);

}  // namespace cox::engine
