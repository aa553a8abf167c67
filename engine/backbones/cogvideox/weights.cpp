#include "engine/backbones/cogvideox/weights.h"

#include "engine/nn/rope.h"

namespace cox::engine::cogvideox {
namespace {

using enum LinearKind;
using enum NormKind;

constexpr int64_t kFeedForwardRatio = 4;

TokenGrid trained_grid(const Config& c) {
  return {c.latent_frames(), c.sample_rows / kPatch, c.sample_columns / kPatch};
}

}  // namespace

AdaptiveNorm::AdaptiveNorm(const SiteSource& scope, const Config& c)
    : modulation(scope.linear(kModulation, "linear", 6 * c.hidden(), c.time_embedding)),
      gain(scope.norm(kModulated, "norm.weight", c.hidden())),
      bias(scope.norm(kModulated, "norm.bias", c.hidden())) {}

BlockWeights::BlockWeights(const SiteSource& scope, const Config& c)
    : norm1(scope.at("norm1"), c),
      query_gain(scope.norm(kQueryKey, "attn1.norm_q.weight", c.head_dim)),
      query_bias(scope.norm(kQueryKey, "attn1.norm_q.bias", c.head_dim)),
      key_gain(scope.norm(kQueryKey, "attn1.norm_k.weight", c.head_dim)),
      key_bias(scope.norm(kQueryKey, "attn1.norm_k.bias", c.head_dim)),
      to_q(scope.linear(kQueryKeyValue, "attn1.to_q", c.hidden(), c.hidden(), c.attention_bias)),
      to_k(scope.linear(kQueryKeyValue, "attn1.to_k", c.hidden(), c.hidden(), c.attention_bias)),
      to_v(scope.linear(kQueryKeyValue, "attn1.to_v", c.hidden(), c.hidden(), c.attention_bias)),
      to_out(scope.linear(kProjection, "attn1.to_out.0", c.hidden(), c.hidden())),
      norm2(scope.at("norm2"), c),
      ffn_in(
          scope.linear(kFeedForward, "ff.net.0.proj", kFeedForwardRatio * c.hidden(), c.hidden())),
      ffn_out(scope.linear(kFeedForward, "ff.net.2", c.hidden(), kFeedForwardRatio * c.hidden())) {}

Weights::Weights(const Config& config, WeightSource& source) {
  take(SiteSource(source, sites), config);
}

void Weights::take(const SiteSource& root, const Config& c) {
  const int64_t d = c.hidden(), e = c.time_embedding;
  patch_weight = root.tensor("patch_embed.proj.weight", {d, c.in_channels, kPatch, kPatch});
  patch_bias = root.tensor("patch_embed.proj.bias", {d});
  text = root.linear(kOther, "patch_embed.text_proj", d, c.text_channels);
  if (c.positions == Positions::kRotaryAndLearned) {
    positions =
        root.tensor("patch_embed.pos_embedding", {1, c.text_tokens + trained_grid(c).tokens(), d});
  }
  time_in = root.linear(kOther, "time_embedding.linear_1", e, d);
  time_out = root.linear(kOther, "time_embedding.linear_2", e, e);
  for (int64_t i = 0; i < c.depth; ++i) {
    blocks.emplace_back(root.block("transformer_blocks", i, i), c);
  }
  final_gain = root.tensor("norm_final.weight", {d});
  final_bias = root.tensor("norm_final.bias", {d});
  out_modulation = root.linear(kOther, "norm_out.linear", 2 * d, e);
  out_gain = root.tensor("norm_out.norm.weight", {d});
  out_bias = root.tensor("norm_out.norm.bias", {d});
  out = root.linear(kOther, "proj_out", kPatch * kPatch * c.out_channels, d);
}

}  // namespace cox::engine::cogvideox
