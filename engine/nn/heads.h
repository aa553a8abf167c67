#pragma once

#include <ATen/core/Tensor.h>

namespace cox::engine {

/// Queries, keys and values [B, heads, N, d], ready for attention.
struct HeadTensors {
  at::Tensor queries, keys, values;
};

/// The parameters that normalize the heads of one attention.
struct HeadNorms {
  int64_t heads = 0;
  at::Tensor query_gain, key_gain;  ///< [d]
  at::Tensor rope;                  ///< [N, d / 2] unit complex numbers; undefined for none
};

/// Keys and values [1 or B, heads, M, d] that precede new ones.
struct EarlierKeys {
  const at::Tensor& keys;
  const at::Tensor& values;
};

/// [B, N, heads * d] as [B, heads, N, d], a view.
at::Tensor split_heads(const at::Tensor& x, int64_t heads);
/// [B, heads, N, d] as [B, N, heads * d].
at::Tensor merge_heads(const at::Tensor& x);

/// Copies x [B, heads, N, d], token by token in memory, so that the tensor behind the view x can be
/// freed.
at::Tensor own_tokens(const at::Tensor& x);

/// Concatenates a [B, heads, N, d] and b [B, heads, M, d] so that merge_heads is a view.
at::Tensor join_tokens(const at::Tensor& a, const at::Tensor& b);

/// RMS norm of each head of x [B, N, heads * d] in fp32, rounded to the dtype of x, times `gain`
/// [d], rounded, and turned by `rope` where it is defined: [B, heads, N, d].
at::Tensor normed_heads(const at::Tensor& x, int64_t heads, const at::Tensor& gain,
                        const at::Tensor& rope = {});

/// Splits a self-attention's product qkv [B, N, 3 * heads * d]: normed_heads of queries and keys,
/// values as they are. With `before`, keys and values are appended to it: [B, heads, M + N, d].
HeadTensors self_attention_heads(const at::Tensor& qkv, const HeadNorms& norms,
                                 const EarlierKeys* before = nullptr);

}  // namespace cox::engine
