#pragma once

#include <ATen/core/Tensor.h>

namespace cox::engine {

/// softmax(q k^T / sqrt(head_dim)) v over all keys. q [B, heads, Q, d], k and v [B, heads, K, d].
/// `key_mask` [B, K] bool, true for keys to attend to; undefined means all keys.
at::Tensor attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                     const at::Tensor& key_mask = {});

/// Attention in which the first `clean` tokens of q, k and v attend only to one another, and all
/// other tokens attend to all.
at::Tensor clean_first_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                 int64_t clean);

}  // namespace cox::engine
