#include "engine/nn/attention.h"

#include <ATen/ops/scaled_dot_product_attention.h>

namespace cox::engine {

at::Tensor attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                     const at::Tensor& key_mask) {
  std::optional<at::Tensor> mask;
  if (key_mask.defined()) mask = key_mask.unsqueeze(1).unsqueeze(1);
  return at::scaled_dot_product_attention(q, k, v, mask);
}

at::Tensor split_heads(const at::Tensor& x, int64_t heads) {
  return x.unflatten(-1, {heads, -1}).transpose(1, 2);
}

at::Tensor merge_heads(const at::Tensor& x) { return x.transpose(1, 2).flatten(2); }

}  // namespace cox::engine
