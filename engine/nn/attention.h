#pragma once

#include <ATen/core/Tensor.h>

namespace cox::engine {

/// softmax(q k^T / sqrt(head_dim)) v over all keys. q [B, heads, Q, d], k and v [B, heads, K, d].
/// `key_mask` [B, K] bool, true for keys that take part; undefined means all do.
at::Tensor attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                     const at::Tensor& key_mask = {});

/// Attention in which the first `clean` tokens of q, k and v see only one another, and all others
/// see all tokens.
at::Tensor clean_first_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                 int64_t clean);

}  // namespace cox::engine
