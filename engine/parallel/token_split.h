#pragma once

#include <ATen/core/Tensor.h>

#include "engine/parallel/group.h"

namespace cox::engine {

/// How the tokens of a video are spread over the parts of a group: each part has an equal run of
/// the tokens of every latent frame, so that what belongs to a frame (timestep, modulation, clean
/// context) is the same everywhere. Attention needs all tokens: for it, parts trade tokens for
/// heads. Source: Jacobs et al., DeepSpeed Ulysses (arXiv 2309.14509).
///
/// With one part, every function returns its argument.
struct TokenSplit {
  Group* group = nullptr;  ///< null: one part
  int64_t frames = 0;      ///< latent frames of the tokens that are split

  int64_t parts() const { return group == nullptr ? 1 : group->size(); }

  /// Throws EngineError(kUser) when tokens of a frame or heads cannot be divided.
  void check(int64_t tokens_per_frame, int64_t heads) const;

  /// x [B, frames * P, ...] whole on every part: this part's [B, frames * P / parts, ...].
  at::Tensor own_tokens(const at::Tensor& x) const;

  /// The inverse: x of every part, in the order of the whole. A gradient that flows back through it
  /// is that of a loss that every part computes and divides by parts(); see sum_gradients.
  at::Tensor all_tokens(const at::Tensor& x) const;

  /// x [K, B, N / parts, heads, d] for all heads: [K, B, N, heads / parts, d], all tokens, of this
  /// part's heads.
  at::Tensor tokens_for_heads(const at::Tensor& x) const;
  /// The inverse, for K = 1: x [B, N, heads / parts, d] to [B, N / parts, heads, d].
  at::Tensor heads_for_tokens(const at::Tensor& x) const;
};

}  // namespace cox::engine
