#pragma once

#include <ATen/core/Tensor.h>

namespace cox::engine {

/// softmax(q k^T / sqrt(head_dim)) v over all keys. q [B, heads, Q, d], k and v [B, heads, K, d].
/// `key_mask` [B, K] bool, true for keys that take part; undefined means all do.
at::Tensor attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                     const at::Tensor& key_mask = {});

/// [B, N, heads * d] as [B, heads, N, d], a view.
at::Tensor split_heads(const at::Tensor& x, int64_t heads);
/// [B, heads, N, d] as [B, N, heads * d].
at::Tensor merge_heads(const at::Tensor& x);

}  // namespace cox::engine
