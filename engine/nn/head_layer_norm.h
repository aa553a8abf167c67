#pragma once

#include <ATen/core/Tensor.h>

namespace cox::engine {

/// Layer norm of each head of x [B, N, heads * d] with gain and bias [d], rotated by `rope`
/// [N, d / 2] if it is defined: [B, heads, N, d].
at::Tensor layer_normed_heads(const at::Tensor& x, int64_t heads, const at::Tensor& gain,
                              const at::Tensor& bias, double eps, const at::Tensor& rope);

}  // namespace cox::engine
