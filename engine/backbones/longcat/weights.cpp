#include "engine/backbones/longcat/weights.h"

#include <fmt/format.h>

namespace cox::engine::longcat {
namespace {

void visit_block(BlockWeights& block, const Config& c, const WeightScope& scope) {
  using enum LinearKind;
  using enum NormKind;
  const int64_t d = c.hidden, f = c.ffn_hidden;
  scope.linear(kModulation, "adaLN_modulation.1", block.modulation, 6 * d, c.time_embedding);
  scope.norm(kBeforeCrossAttention, "pre_crs_attn_norm.weight", block.cross_norm_gain, d);
  scope.norm(kBeforeCrossAttention, "pre_crs_attn_norm.bias", block.cross_norm_bias, d);
  scope.linear(kQueryKeyValue, "attn.qkv", block.qkv, 3 * d, d);
  scope.norm(kQueryKey, "attn.q_norm.weight", block.self_q_gain, c.head_dim());
  scope.norm(kQueryKey, "attn.k_norm.weight", block.self_k_gain, c.head_dim());
  scope.linear(kProjection, "attn.proj", block.self_out, d, d);
  scope.linear(kQueryKeyValue, "cross_attn.q_linear", block.cross_q, d, d);
  scope.linear(kQueryKeyValue, "cross_attn.kv_linear", block.cross_kv, 2 * d, d);
  scope.linear(kProjection, "cross_attn.proj", block.cross_out, d, d);
  scope.norm(kQueryKey, "cross_attn.q_norm.weight", block.cross_q_gain, c.head_dim());
  scope.norm(kQueryKey, "cross_attn.k_norm.weight", block.cross_k_gain, c.head_dim());
  scope.linear_without_bias(kFeedForward, "ffn.w1", block.ffn_gate, f, d);
  scope.linear_without_bias(kFeedForward, "ffn.w2", block.ffn_down, d, f);
  scope.linear_without_bias(kFeedForward, "ffn.w3", block.ffn_up, f, d);
}

}  // namespace

void visit_weights(Weights& weights, const Config& c, const WeightVisitor& visit) {
  const WeightScope root(visit);
  weights.blocks.resize(static_cast<size_t>(c.depth));
  root.tensor("x_embedder.proj.weight", weights.patch.weight,
              {c.hidden, c.channels, 1, kPatch, kPatch});
  root.tensor("x_embedder.proj.bias", weights.patch.bias, {c.hidden});
  using enum LinearKind;
  root.linear(kOther, "t_embedder.mlp.0", weights.time_in, c.time_embedding, c.frequency_size);
  root.linear(kOther, "t_embedder.mlp.2", weights.time_out, c.time_embedding, c.time_embedding);
  root.linear(kOther, "y_embedder.y_proj.0", weights.text_in, c.hidden, c.text_channels);
  root.linear(kOther, "y_embedder.y_proj.2", weights.text_out, c.hidden, c.hidden);
  for (size_t i = 0; i < weights.blocks.size(); ++i) {
    visit_block(weights.blocks[i], c,
                WeightScope(visit, fmt::format("blocks.{}.", i), static_cast<int>(i)));
  }
  root.linear(kOther, "final_layer.linear", weights.final_out, kPatch * kPatch * c.channels,
              c.hidden);
  root.linear(kOther, "final_layer.adaLN_modulation.1", weights.final_modulation, 2 * c.hidden,
              c.time_embedding);
}

}  // namespace cox::engine::longcat
