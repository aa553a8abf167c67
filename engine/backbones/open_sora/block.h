#pragma once

#include "engine/backbones/adapter.h"
#include "engine/backbones/open_sora/weights.h"
#include "engine/parallel/token_split.h"

namespace cox::engine::open_sora {

/// Inputs that all blocks of one forward pass share.
struct BlockPass {
  const Adapter& adapter;
  int64_t text_tokens = 0;  ///< the first tokens of the sequence; the others are latents
  TokenSplit split;         ///< of the latents' tokens
  at::Tensor rope;          ///< [tokens of this part, head_dim / 2]
};

/// Splits projections into heads, in both kinds of block.
struct HeadLayout {
  explicit HeadLayout(const Config& config)
      : heads(config.heads), rotates_halves(config.rotates_halves) {}

  /// x [B, N, hidden] -> [B, heads, N, d]: normed, then rotated by `rope` if it is defined.
  /// If the model rotates halves, the features of a head are returned in the order of pairs, for
  /// queries and keys, so their products are unchanged.
  at::Tensor normed(const at::Tensor& x, const at::Tensor& gain, const at::Tensor& rope) const;

  int64_t heads;
  bool rotates_halves;
};

/// Text and latents with separate weights and joint attention. A view of its weights.
/// Source: DoubleStreamBlock of hpcaitech/Open-Sora.
class DoubleBlock {
 public:
  DoubleBlock(int index, const Config& config, const DoubleBlockWeights& weights);

  /// x [B, text tokens + N, D] compute dtype, t [B, 1, D] fp32.
  at::Tensor forward(const at::Tensor& x, const at::Tensor& t, const BlockPass& pass) const;

 private:
  int index_;
  HeadLayout layout_;
  const DoubleBlockWeights& weights_;
};

/// Attention and feed-forward in parallel over one stream. A view of its weights. Source:
/// SingleStreamBlock of hpcaitech/Open-Sora.
class SingleBlock {
 public:
  SingleBlock(int index, const Config& config, const SingleBlockWeights& weights);

  /// Arguments as in DoubleBlock::forward.
  at::Tensor forward(const at::Tensor& x, const at::Tensor& t, const BlockPass& pass) const;

 private:
  int index_;
  HeadLayout layout_;
  int64_t hidden_;
  const SingleBlockWeights& weights_;
};

}  // namespace cox::engine::open_sora
