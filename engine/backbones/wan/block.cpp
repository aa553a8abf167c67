#include "engine/backbones/wan/block.h"

#include <ATen/ops/gelu.h>

#include "engine/backbones/split_attention.h"
#include "engine/nn/attention.h"
#include "engine/nn/heads.h"
#include "engine/nn/norm.h"
#include "engine/nn/residual.h"
#include "engine/nn/row_heads.h"
#include "engine/tensors/precision.h"
#include "engine/tensors/torch.h"

namespace cox::engine::wan {
namespace {

/// Indices of the six modulation parts.
enum Modulation { kShiftSelf, kScaleSelf, kGateSelf, kShiftFfn, kScaleFfn, kGateFfn };

}  // namespace

Block::Block(int index, const Config& config, const BlockWeights& weights)
    : index_(index), heads_(config.heads), eps_(config.eps), weights_(weights) {}

at::Tensor Block::forward(const at::Tensor& x, const at::Tensor& time, const Context& context,
                          const BlockPass& pass) const {
  const Adapter& adapter = pass.adapter;
  const at::Tensor modulation = adapter.block_modulation(
      index_, time + to_fp32(weights_.modulation).flatten().view({1, 1, -1}));
  const std::vector<at::Tensor> m = modulation.chunk(6, -1);  // each [B, T, D] fp32

  at::Tensor h = x;
  h = gated_residual(h, m[kGateSelf],
                     self_attention(modulated_norm(h, m[kShiftSelf], m[kScaleSelf], eps_), pass));
  const at::Tensor normed = layer_norm(h, adapted_norm(adapter, weights_.cross_norm_gain),
                                       adapted_norm(adapter, weights_.cross_norm_bias), eps_);
  h = h + cross_attention(normed, context, adapter);
  h = gated_residual(h, m[kGateFfn],
                     feed_forward(modulated_norm(h, m[kShiftFfn], m[kScaleFfn], eps_), adapter));
  return adapter.block_output(index_, h);
}

at::Tensor Block::self_attention(const at::Tensor& x, const BlockPass& pass) const {
  const Adapter& adapter = pass.adapter;
  const AttentionWeights& w = weights_.self;
  const at::Tensor q = row_normed_heads(adapted_linear(adapter, w.q, x), heads_,
                                        adapted_norm(adapter, w.q_gain), eps_, pass.rope);
  const at::Tensor k = row_normed_heads(adapted_linear(adapter, w.k, x), heads_,
                                        adapted_norm(adapter, w.k_gain), eps_, pass.rope);
  const at::Tensor v = split_heads(adapted_linear(adapter, w.v, x), heads_);
  return adapted_linear(adapter, w.out, split_attention({q, k, v}, 0, pass.split));
}

at::Tensor Block::cross_attention(const at::Tensor& x, const Context& context,
                                  const Adapter& adapter) const {
  const AttentionWeights& w = weights_.cross;
  const at::Tensor q = row_normed_heads(adapted_linear(adapter, w.q, x), heads_,
                                        adapted_norm(adapter, w.q_gain), eps_);
  const auto attend = [&](const at::Tensor& states, const Linear& keys, const Linear& values,
                          const NormParameter& gain) {
    const at::Tensor k = row_normed_heads(adapted_linear(adapter, keys, states), heads_,
                                          adapted_norm(adapter, gain), eps_);
    const at::Tensor v = split_heads(adapted_linear(adapter, values, states), heads_);
    return merge_heads(attention(q, k, v));
  };
  at::Tensor mixed = attend(context.text, w.k, w.v, w.k_gain);
  if (context.image.defined()) {
    const ImageKeyValueWeights& image = weights_.image;
    mixed = mixed + attend(context.image, image.k, image.v, image.k_gain);
  }
  return adapted_linear(adapter, w.out, mixed);
}

at::Tensor Block::feed_forward(const at::Tensor& x, const Adapter& adapter) const {
  return adapted_linear(adapter, weights_.ffn_down,
                        at::gelu(adapted_linear(adapter, weights_.ffn_up, x), "tanh"));
}

}  // namespace cox::engine::wan
