#include "engine/backbones/wan/block.h"

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

  const at::Tensor attended =
      self_attention(modulated_norm(x, m[kShiftSelf], m[kScaleSelf], eps_), pass);
  const NormedSum seen =
      residual_norm(x, m[kGateSelf], attended,
                    layer_norm_factors(x.size(0), adapted_norm(adapter, weights_.cross_norm_gain),
                                       adapted_norm(adapter, weights_.cross_norm_bias), eps_));
  const NormedSum told =
      residual_norm(seen.sum, /*gate=*/{}, cross_attention(seen.normed, context, adapter),
                    {m[kShiftFfn], m[kScaleFfn], /*added=*/1, eps_});
  const at::Tensor h = gated_residual(told.sum, m[kGateFfn], feed_forward(told.normed, adapter));
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
                        adapted_gelu_linear(adapter, weights_.ffn_up, x));
}

}  // namespace cox::engine::wan
