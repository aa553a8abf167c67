#pragma once

#include "engine/backbones/adapter.h"
#include "engine/backbones/open_sora/weights.h"

namespace cox::engine::open_sora {

/// What all blocks of one forward pass share.
struct BlockPass {
  const Adapter& adapter;
  int64_t text_tokens = 0;  ///< the first tokens of the sequence; the others are latents
  at::Tensor rope;          ///< [tokens, head_dim / 2]
};

/// Splits projections into heads: what the two kinds of block share.
struct HeadLayout {
  explicit HeadLayout(const Config& config)
      : heads(config.heads), rotates_halves(config.rotates_halves) {}

  /// x [B, N, hidden] -> [B, heads, N, d]: normed, then turned by `rope` where it is defined.
  /// Where halves turn together the features of a head come out in the order of pairs, queries and
  /// keys alike, which their products don't notice.
  at::Tensor normed(const at::Tensor& x, const at::Tensor& gain, const at::Tensor& rope) const;

  int64_t heads;
  bool rotates_halves;
};

/// Text and latents with weights of their own, which attend to one another. A view of its weights.
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

/// Attention and feed-forward side by side over one stream. A view of its weights. Source:
/// SingleStreamBlock of hpcaitech/Open-Sora.
class SingleBlock {
 public:
  SingleBlock(int index, const Config& config, const SingleBlockWeights& weights);

  /// As DoubleBlock's.
  at::Tensor forward(const at::Tensor& x, const at::Tensor& t, const BlockPass& pass) const;

 private:
  int index_;
  HeadLayout layout_;
  int64_t hidden_;
  const SingleBlockWeights& weights_;
};

}  // namespace cox::engine::open_sora
