#include "engine/backbones/wan/weights.h"

#include <fmt/format.h>

namespace cox::engine::wan {
namespace {

void visit_attention(AttentionWeights& attention, const std::string& name, int64_t hidden,
                     const WeightScope& scope) {
  using enum LinearKind;
  scope.norm(NormKind::kQueryKey, name + ".norm_q.weight", attention.q_gain, hidden);
  scope.norm(NormKind::kQueryKey, name + ".norm_k.weight", attention.k_gain, hidden);
  scope.linear(kQueryKeyValue, name + ".to_q", attention.q, hidden, hidden);
  scope.linear(kQueryKeyValue, name + ".to_k", attention.k, hidden, hidden);
  scope.linear(kQueryKeyValue, name + ".to_v", attention.v, hidden, hidden);
  scope.linear(kProjection, name + ".to_out.0", attention.out, hidden, hidden);
}

void visit_block(BlockWeights& block, const Config& c, const WeightScope& scope) {
  using enum LinearKind;
  const int64_t d = c.hidden();
  scope.tensor("scale_shift_table", block.modulation, {1, 6, d});
  visit_attention(block.self, "attn1", d, scope);
  visit_attention(block.cross, "attn2", d, scope);
  if (c.sees_image()) {
    scope.linear(kQueryKeyValue, "attn2.add_k_proj", block.image.k, d, d);
    scope.linear(kQueryKeyValue, "attn2.add_v_proj", block.image.v, d, d);
    scope.norm(NormKind::kQueryKey, "attn2.norm_added_k.weight", block.image.k_gain, d);
  }
  scope.norm(NormKind::kBeforeCrossAttention, "norm2.weight", block.cross_norm_gain, d);
  scope.norm(NormKind::kBeforeCrossAttention, "norm2.bias", block.cross_norm_bias, d);
  scope.linear(kFeedForward, "ffn.net.0.proj", block.ffn_up, c.ffn_hidden, d);
  scope.linear(kFeedForward, "ffn.net.2", block.ffn_down, d, c.ffn_hidden);
}

void visit_plain_norm(PlainNorm& norm, const std::string& name, int64_t size,
                      const WeightScope& scope) {
  scope.tensor(name + ".weight", norm.gain, {size});
  scope.tensor(name + ".bias", norm.bias, {size});
}

void visit_image_embedder(ImageEmbedderWeights& image, const Config& c, const WeightScope& scope) {
  const int64_t in = c.image_channels, d = c.hidden();
  visit_plain_norm(image.before, "norm1", in, scope);
  scope.linear(LinearKind::kOther, "ff.net.0.proj", image.in, in, in);
  scope.linear(LinearKind::kOther, "ff.net.2", image.out, d, in);
  visit_plain_norm(image.after, "norm2", d, scope);
}

}  // namespace

void visit_weights(Weights& weights, const Config& c, const WeightVisitor& visit) {
  using enum LinearKind;
  const WeightScope root(visit), embedder(visit, "condition_embedder.");
  const int64_t d = c.hidden();
  root.tensor("scale_shift_table", weights.final_modulation, {1, 2, d});
  root.tensor("patch_embedding.weight", weights.patch.weight,
              {d, c.in_channels, 1, kPatch, kPatch});
  root.tensor("patch_embedding.bias", weights.patch.bias, {d});
  embedder.linear(kOther, "time_embedder.linear_1", weights.time_in, d, c.frequency_size);
  embedder.linear(kOther, "time_embedder.linear_2", weights.time_out, d, d);
  embedder.linear(kOther, "time_proj", weights.time_projection, 6 * d, d);
  embedder.linear(kOther, "text_embedder.linear_1", weights.text_in, d, c.text_channels);
  embedder.linear(kOther, "text_embedder.linear_2", weights.text_out, d, d);
  if (c.sees_image()) {
    visit_image_embedder(weights.image, c,
                         WeightScope(visit, "condition_embedder.image_embedder."));
  }
  weights.blocks.resize(static_cast<size_t>(c.depth));
  for (size_t i = 0; i < weights.blocks.size(); ++i) {
    visit_block(weights.blocks[i], c,
                WeightScope(visit, fmt::format("blocks.{}.", i), static_cast<int>(i)));
  }
  root.linear(kOther, "proj_out", weights.final_out, kPatch * kPatch * c.out_channels, d);
}

std::vector<std::string> wide_weights() {
  return {"scale_shift_table", "time_embedder", ".norm2."};
}

}  // namespace cox::engine::wan
