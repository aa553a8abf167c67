#pragma once

#include <ATen/core/Tensor.h>

#include "engine/parallel/group.h"

namespace cox::engine {

/// How the tokens of a video are divided over the parts of a group: each part has an equal run of
/// the tokens of every latent frame, so that the data of a frame (timestep, modulation, clean
/// context) is the same on every part. Attention requires all tokens: for it, the parts exchange
/// tokens for heads. Source: Jacobs et al., DeepSpeed Ulysses (arXiv 2309.14509).
///
/// Tokens and heads are padded with zeros to a multiple of the number of parts. Padding tokens are
/// the last tokens of the last parts: self-attention ignores them, and all_tokens drops them.
///
/// With one part, every function returns its argument.
struct TokenSplit {
  Group* group = nullptr;  ///< null: one part
  int64_t frames = 0;      ///< latent frames of the tokens that are split
  int64_t per_frame = 0;   ///< tokens of one, on all parts
  int64_t heads = 0;       ///< of an attention layer, on all parts

  int64_t parts() const { return group == nullptr ? 1 : group->size(); }
  /// Returns the tokens of a frame on each part, rounded up.
  int64_t own_per_frame() const { return share(per_frame); }

  /// x [B, frames * per_frame, ...] whole on every part: this part's [B, n, ...], where n is
  /// frames * own_per_frame().
  at::Tensor own_tokens(const at::Tensor& x) const;

  /// The inverse: x of every part, in the order of the whole. A gradient that flows back through it
  /// is that of a loss that every part computes and divides by parts(); see sum_gradients.
  at::Tensor all_tokens(const at::Tensor& x) const;

  /// x [K, B, n, heads, d] for all heads: [K, B, N, h, d], all tokens, of this part's heads.
  at::Tensor tokens_for_heads(const at::Tensor& x) const;
  /// The inverse, for K = 1: x [B, N, h, d] to [B, n, heads, d].
  at::Tensor heads_for_tokens(const at::Tensor& x) const;

  /// For tokens that every part has, such as those of the prompt: returns this part's heads of x
  /// [K, B, L, heads, d], as [K, B, L, h, d].
  at::Tensor own_heads(const at::Tensor& x) const;
  /// The inverse, for K = 1: x [B, L, h, d] of every part as [B, L, heads, d]. The gradient that
  /// flows back is the sum of all parts' gradients for this part's heads.
  at::Tensor all_heads(const at::Tensor& x) const;

 private:
  int64_t share(int64_t count) const { return (count + parts() - 1) / parts(); }
};

}  // namespace cox::engine
