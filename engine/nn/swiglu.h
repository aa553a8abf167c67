#pragma once

#include <ATen/core/Tensor.h>

namespace cox::engine {

/// silu(gate) up, silu rounded to the dtype before the product. Both contiguous, of one shape.
at::Tensor swiglu(const at::Tensor& gate, const at::Tensor& up);

}  // namespace cox::engine
