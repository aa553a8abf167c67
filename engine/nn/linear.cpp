#include "engine/nn/linear.h"

#include <ATen/ops/linear.h>

#include "engine/tensors/precision.h"

namespace cox::engine {

at::Tensor linear(const Linear& layer, const at::Tensor& x) {
  return at::linear(x, layer.weight, layer.bias);
}

at::Tensor linear_fp32(const Linear& layer, const at::Tensor& x) {
  return at::linear(to_fp32(x), to_fp32(layer.weight),
                    layer.bias.defined() ? to_fp32(layer.bias) : layer.bias);
}

}  // namespace cox::engine
