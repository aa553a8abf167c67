#pragma once

#include <ATen/core/Tensor.h>

namespace cox::engine {

/// s = <cond, uncond> / (|uncond|^2 + 1e-8) over each whole sample, fp32 [B, 1, 1, ...].
at::Tensor cfg_zero_scale(const at::Tensor& cond, const at::Tensor& uncond);

/// s uncond + guidance (cond - s uncond): classifier-free guidance from the projected unconditional
/// output (CFG-zero).
at::Tensor cfg_zero(const at::Tensor& cond, const at::Tensor& uncond, double guidance);

}  // namespace cox::engine
