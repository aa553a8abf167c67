#pragma once

#include <ATen/core/Tensor.h>

namespace cox::engine {

/// [cos(t f), sin(t f)] with f_k = 10000^(-k / (size / 2)), fp32. t [n] fp32 in 0..1000 -> [n,
/// size].
at::Tensor timestep_embedding(const at::Tensor& t, int64_t size);

}  // namespace cox::engine
