#include "engine/backbones/open_sora/block.h"

#include <ATen/ops/gelu.h>

#include "engine/backbones/seams.h"
#include "engine/backbones/split_attention.h"
#include "engine/nn/heads.h"
#include "engine/nn/joint.h"
#include "engine/nn/norm.h"
#include "engine/nn/residual.h"
#include "engine/tensors/torch.h"

namespace cox::engine::open_sora {
namespace {

/// Indices of the modulation parts: a stream has all six, a single block the first three.
enum Modulation { kShift, kScale, kGate, kShiftFfn, kScaleFfn, kGateFfn };

using Parts = std::vector<at::Tensor>;  ///< each [B, 1, D] fp32

/// Reorders the features of each head so that j and j + d / 2 are adjacent.
at::Tensor pair_halves(const at::Tensor& x, int64_t heads) {
  return x.unflatten(-1, {heads, 2, -1}).transpose(-1, -2).flatten(-3);
}

/// Applies `projections` to x and splits the features into `sizes`.
Parts project(const Adapter& adapter, const std::vector<Linear>& projections, const at::Tensor& x,
              at::IntArrayRef sizes) {
  Parts products;
  for (const Linear& layer : projections) products.push_back(adapted_linear(adapter, layer, x));
  const at::Tensor all = products.size() == 1 ? products.front() : at::Tensor();
  if (all.defined()) return all.split_with_sizes(sizes, -1);
  // Separate q and k; the last layer contains the rest.
  const Parts rest = products.back().split_with_sizes(sizes.slice(2), -1);
  Parts parts = {products[0], products[1]};
  parts.insert(parts.end(), rest.begin(), rest.end());
  return parts;
}

/// One stream of a double block during a pass.
class Stream {
 public:
  Stream(const StreamWeights& weights, const HeadLayout& layout, const Adapter& adapter,
         at::Tensor x, Parts modulation)
      : weights_(weights),
        layout_(layout),
        adapter_(adapter),
        x_(std::move(x)),
        m_(std::move(modulation)) {}

  HeadTensors heads(const at::Tensor& rope) const {
    const at::Tensor normed = modulated_norm(x_, m_[kShift], m_[kScale]);
    const int64_t d = x_.size(-1);
    const Parts qkv = project(adapter_, weights_.projections, normed, {d, d, d});
    return {layout_.normed(qkv[0], adapted_norm(adapter_, weights_.gains.query), rope),
            layout_.normed(qkv[1], adapted_norm(adapter_, weights_.gains.key), rope),
            split_heads(qkv[2], layout_.heads)};
  }

  at::Tensor finish(const at::Tensor& attended) const {
    const at::Tensor x =
        gated_residual(x_, m_[kGate], adapted_linear(adapter_, weights_.out, attended));
    const at::Tensor inner = adapted_gelu_linear(adapter_, weights_.ffn_in,
                                                 modulated_norm(x, m_[kShiftFfn], m_[kScaleFfn]));
    return gated_residual(x, m_[kGateFfn], adapted_linear(adapter_, weights_.ffn_out, inner));
  }

 private:
  const StreamWeights& weights_;
  const HeadLayout& layout_;
  const Adapter& adapter_;
  at::Tensor x_;
  Parts m_;
};

}  // namespace

at::Tensor HeadLayout::normed(const at::Tensor& x, const at::Tensor& gain,
                              const at::Tensor& rope) const {
  if (!rotates_halves) return normed_heads(x.contiguous(), heads, gain, rope);
  return normed_heads(pair_halves(x, heads), heads, pair_halves(gain, 1), rope);
}

DoubleBlock::DoubleBlock(int index, const Config& config, const DoubleBlockWeights& weights)
    : index_(index), layout_(config), weights_(weights) {}

at::Tensor DoubleBlock::forward(const at::Tensor& x, const at::Tensor& t,
                                const BlockPass& pass) const {
  const Adapter& adapter = pass.adapter;
  const at::Tensor time = at::silu(adapter.block_time_embedding(index_, t));
  const JointTokens tokens = split_joint(x, pass.text_tokens);
  const Stream latents(
      weights_.latents, layout_, adapter, tokens.latents,
      adapter
          .block_modulation(index_, adapted_linear_fp32(adapter, weights_.latents.modulation, time))
          .chunk(6, -1));
  const Stream text(
      weights_.text, layout_, adapter, tokens.text,
      adapter.text_modulation(index_, adapted_linear_fp32(adapter, weights_.text.modulation, time))
          .chunk(6, -1));

  const int64_t latent_tokens = tokens.latents.size(1);
  const HeadTensors a = text.heads(pass.rope.narrow(0, 0, pass.text_tokens));
  const HeadTensors b = latents.heads(pass.rope.narrow(0, pass.text_tokens, latent_tokens));
  const at::Tensor attended =
      split_attention({join_tokens(a.queries, b.queries), join_tokens(a.keys, b.keys),
                       join_tokens(a.values, b.values)},
                      pass.text_tokens, pass.split);
  const JointTokens mixed = split_joint(attended, pass.text_tokens);
  const at::Tensor out = join({text.finish(mixed.text), latents.finish(mixed.latents)});
  return run_block_output(adapter, index_, out, pass.text_tokens);
}

SingleBlock::SingleBlock(int index, const Config& config, const SingleBlockWeights& weights)
    : index_(index), layout_(config), hidden_(config.hidden), weights_(weights) {}

at::Tensor SingleBlock::forward(const at::Tensor& x, const at::Tensor& t,
                                const BlockPass& pass) const {
  const Adapter& adapter = pass.adapter;
  const at::Tensor time = at::silu(adapter.block_time_embedding(index_, t));
  const Parts m =
      adapter.block_modulation(index_, adapted_linear_fp32(adapter, weights_.modulation, time))
          .chunk(3, -1);

  const int64_t ffn = weights_.out.weight.size(1) - hidden_;
  const Parts parts =
      project(adapter, weights_.projections, modulated_norm(x, m[kShift], m[kScale]),
              {hidden_, hidden_, hidden_, ffn});
  const at::Tensor q =
      layout_.normed(parts[0], adapted_norm(adapter, weights_.gains.query), pass.rope);
  const at::Tensor k =
      layout_.normed(parts[1], adapted_norm(adapter, weights_.gains.key), pass.rope);
  const at::Tensor attended =
      split_attention({q, k, split_heads(parts[2], layout_.heads)}, pass.text_tokens, pass.split);
  const at::Tensor inner = at::cat({attended, at::gelu(parts[3], "tanh")}, -1);
  const at::Tensor out = gated_residual(x, m[kGate], adapted_linear(adapter, weights_.out, inner));
  return run_block_output(adapter, index_, out, pass.text_tokens);
}

}  // namespace cox::engine::open_sora
