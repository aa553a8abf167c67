#pragma once

#include <ATen/core/Tensor.h>

namespace cox::engine {

/// x + gate y with fp32 product and sum, rounded to the dtype of x once. x, y [B, N, D]; gate
/// [B, T, D] fp32, one for each of the T equal runs of N / T tokens.
at::Tensor gated_residual(const at::Tensor& x, const at::Tensor& gate, const at::Tensor& y);

/// x [B, N, D] with y [B, M, D] added to its last M tokens.
at::Tensor add_to_tail(const at::Tensor& x, const at::Tensor& y);

}  // namespace cox::engine
