#pragma once

#include <ATen/core/Tensor.h>

namespace cox::engine {

/// RMS norm of x [B, N, heads * d] over all heads together in fp32, rounded to the dtype of x,
/// times `gain` [heads * d], rounded, split into heads and rotated by `rope` [N, d / 2] if it is
/// defined: [B, heads, N, d].
at::Tensor row_normed_heads(const at::Tensor& x, int64_t heads, const at::Tensor& gain, double eps,
                            const at::Tensor& rope = {});

}  // namespace cox::engine
