#include "engine/nn/head_layer_norm.h"

#include <ATen/ops/layer_norm.h>

#include "engine/nn/rope.h"

namespace cox::engine {

at::Tensor layer_normed_heads(const at::Tensor& x, int64_t heads, const at::Tensor& gain,
                              const at::Tensor& bias, double eps, const at::Tensor& rope) {
  const at::Tensor normed =
      at::layer_norm(x.unflatten(-1, {heads, -1}), gain.sizes(), gain, bias, eps).transpose(1, 2);
  return rope.defined() ? apply_rope(normed, rope) : normed;
}

}  // namespace cox::engine
