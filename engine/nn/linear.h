#pragma once

#include <ATen/core/Tensor.h>

namespace cox::engine {

/// Weights of y = W x + b, in PyTorch's layout.
struct Linear {
  at::Tensor weight;  ///< [out, in]
  at::Tensor bias;    ///< [out], or undefined for none
};

/// W x + b in the dtype of x and the weights.
at::Tensor linear(const Linear& layer, const at::Tensor& x);

/// W x + b in fp32, whatever the weights are stored as.
at::Tensor linear_fp32(const Linear& layer, const at::Tensor& x);

}  // namespace cox::engine
