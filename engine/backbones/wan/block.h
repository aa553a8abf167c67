#pragma once

#include "engine/backbones/wan/weights.h"
#include "engine/parallel/token_split.h"

namespace cox::engine::wan {

/// Tokens for cross-attention, in the compute dtype.
struct Context {
  at::Tensor text;   ///< [B, L, hidden]
  at::Tensor image;  ///< [B, K, hidden]; undefined if there is no image
};

/// Inputs that all blocks of one forward pass share.
struct BlockPass {
  const Adapter& adapter;
  TokenSplit split;  ///< of the tokens
  at::Tensor rope;   ///< [tokens of this part, head_dim / 2]
};

/// One transformer block, a view of its weights. Source: Wan Team, Wan: Open and Advanced
/// Large-Scale Video Generative Models (arXiv 2503.20314).
class Block {
 public:
  Block(int index, const Config& config, const BlockWeights& weights);

  /// x [B, N, D] compute dtype; time [B, T, 6D] fp32, the projected timestep embedding of T equal
  /// runs of tokens.
  at::Tensor forward(const at::Tensor& x, const at::Tensor& time, const Context& context,
                     const BlockPass& pass) const;

 private:
  at::Tensor self_attention(const at::Tensor& x, const BlockPass& pass) const;
  at::Tensor cross_attention(const at::Tensor& x, const Context& context,
                             const Adapter& adapter) const;
  at::Tensor feed_forward(const at::Tensor& x, const Adapter& adapter) const;

  int index_;
  int64_t heads_;
  double eps_;
  const BlockWeights& weights_;
};

}  // namespace cox::engine::wan
