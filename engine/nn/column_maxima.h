#pragma once

#include <ATen/core/Tensor.h>

namespace cox::engine {

/// The largest magnitudes of each column of x [B, N, D] over its N tokens. NaN is the largest.
struct ColumnMaxima {
  at::Tensor largest;  ///< [B, D] fp32
  at::Tensor sums;     ///< [D] fp64: the largest sum over the samples at one token
};

/// x is fp32 or bf16 with a contiguous last dimension.
ColumnMaxima column_maxima(const at::Tensor& x);

}  // namespace cox::engine
