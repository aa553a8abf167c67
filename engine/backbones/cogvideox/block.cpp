#include "engine/backbones/cogvideox/block.h"

#include "engine/backbones/seams.h"
#include "engine/backbones/split_attention.h"
#include "engine/nn/head_layer_norm.h"
#include "engine/nn/heads.h"
#include "engine/nn/joint.h"
#include "engine/tensors/torch.h"

namespace cox::engine::cogvideox {
namespace {

/// Indices of the six modulation parts of a site.
enum Modulation { kShift, kScale, kGate, kTextShift, kTextScale, kTextGate };
constexpr int64_t kParts = 6;

/// For queries and keys, independent of the configured epsilon of the other norms.
constexpr double kHeadEpsilon = 1e-6;

}  // namespace

Block::Block(int index, const Config& config, const BlockWeights& weights)
    : index_(index), heads_(config.heads), epsilon_(config.norm_epsilon), weights_(weights) {}

at::Tensor Block::modulation(const at::Tensor& t, const Adapter& adapter) const {
  const at::Tensor time = at::silu(adapter.block_time_embedding(index_, t));
  const at::Tensor m = at::cat({adapted_linear_fp32(adapter, weights_.norm1.modulation, time),
                                adapted_linear_fp32(adapter, weights_.norm2.modulation, time)},
                               -1);
  return adapter.block_modulation(index_, m);
}

at::Tensor Block::normed(const AdaptiveNorm& norm, const at::Tensor& x,
                         const std::vector<at::Tensor>& m, const BlockPass& pass) const {
  const at::Tensor gain = adapted_norm(pass.adapter, norm.gain);
  const at::Tensor bias = adapted_norm(pass.adapter, norm.bias);
  return joint_modulated_affine_norm(x, gain, bias,
                                     {m[kTextShift], m[kTextScale], m[kShift], m[kScale]}, epsilon_,
                                     pass.text_tokens);
}

at::Tensor Block::forward(const at::Tensor& x, const at::Tensor& t, const BlockPass& pass) const {
  const auto parts = modulation(t, pass.adapter).chunk(2 * kParts, -1);  // each [B, 1, D] fp32
  const std::vector<at::Tensor> first(parts.begin(), parts.begin() + kParts);
  const std::vector<at::Tensor> second(parts.begin() + kParts, parts.end());

  at::Tensor h = x;
  h = joint_gated_residual(h, first[kTextGate], first[kGate],
                           attend(normed(weights_.norm1, h, first, pass), pass), pass.text_tokens);
  h = joint_gated_residual(h, second[kTextGate], second[kGate],
                           feed_forward(normed(weights_.norm2, h, second, pass), pass.adapter),
                           pass.text_tokens);
  return run_block_output(pass.adapter, index_, h, pass.text_tokens);
}

at::Tensor Block::attend(const at::Tensor& x, const BlockPass& pass) const {
  const Adapter& adapter = pass.adapter;
  const auto rotated = [&](const Linear& layer, const NormParameter& gain,
                           const NormParameter& bias) {
    return layer_normed_heads(adapted_linear(adapter, layer, x), heads_,
                              adapted_norm(adapter, gain), adapted_norm(adapter, bias),
                              kHeadEpsilon, pass.rope);
  };
  const at::Tensor q = rotated(weights_.to_q, weights_.query_gain, weights_.query_bias);
  const at::Tensor k = rotated(weights_.to_k, weights_.key_gain, weights_.key_bias);
  const at::Tensor v = split_heads(adapted_linear(adapter, weights_.to_v, x), heads_);
  return adapted_linear(adapter, weights_.to_out,
                        split_attention({q, k, v}, pass.text_tokens, pass.split));
}

at::Tensor Block::feed_forward(const at::Tensor& x, const Adapter& adapter) const {
  return adapted_linear(adapter, weights_.ffn_out,
                        adapted_gelu_linear(adapter, weights_.ffn_in, x));
}

}  // namespace cox::engine::cogvideox
