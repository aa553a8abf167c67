#pragma once

#include "engine/backbones/adapter.h"
#include "engine/backbones/cogvideox/weights.h"
#include "engine/parallel/token_split.h"

namespace cox::engine::cogvideox {

/// Inputs that all blocks of one forward pass share.
struct BlockPass {
  const Adapter& adapter;
  int64_t text_tokens = 0;  ///< the first tokens of the sequence; the others are latents
  TokenSplit split;         ///< of the latents' tokens
  at::Tensor rope;  ///< [tokens of this part, head_dim / 2], identity for text; undefined without
};

/// One transformer block, a view of its weights: attention, then a feed-forward network, both over
/// text and latents at once. Source: CogVideoXBlock of huggingface/diffusers.
class Block {
 public:
  Block(int index, const Config& config, const BlockWeights& weights);

  /// x [B, text tokens + N, D] compute dtype, t [B, 1, E] fp32.
  at::Tensor forward(const at::Tensor& x, const at::Tensor& t, const BlockPass& pass) const;

 private:
  at::Tensor modulation(const at::Tensor& t, const Adapter& adapter) const;
  at::Tensor normed(const AdaptiveNorm& norm, const at::Tensor& x, const std::vector<at::Tensor>& m,
                    const BlockPass& pass) const;
  at::Tensor attend(const at::Tensor& x, const BlockPass& pass) const;
  at::Tensor feed_forward(const at::Tensor& x, const Adapter& adapter) const;

  int index_;
  int64_t heads_;
  double epsilon_;
  const BlockWeights& weights_;
};

}  // namespace cox::engine::cogvideox
