#include "tools/bench/forward_cost.h"

namespace cox::engine {

namespace {

constexpr double kMatmulRate = 790e12;
constexpr double kAttentionForwardRate = 620e12;
constexpr double kAttentionBackwardRate = 480e12;
/// Flash attention's backward pass makes five products where the forward makes two.
constexpr double kAttentionBackwardFactor = 2.5;
constexpr std::int64_t kFfnMultiple = 256;

/// Two thirds of four times the hidden size, rounded up.
double ffn_hidden(const ModelCost& model) {
  const std::int64_t size = 2 * 4 * model.hidden / 3;
  return static_cast<double>((size + kFfnMultiple - 1) / kFfnMultiple * kFfnMultiple);
}

/// One forward pass over clean frames that see themselves and noise frames that see all.
/// `cached` clean frames have keys and values already: they cost nothing but their part of the
/// noise frames' attention.
StageCost forward_cost(const ModelCost& model, std::int64_t clean, std::int64_t noise,
                       bool cached) {
  const auto hidden = static_cast<double>(model.hidden);
  const double clean_tokens = static_cast<double>(clean * model.tokens_per_frame);
  const double noise_tokens = static_cast<double>(noise * model.tokens_per_frame);
  const auto text_tokens = static_cast<double>(model.text_tokens);
  const double fed = noise_tokens + (cached ? 0 : clean_tokens);
  StageCost block;
  block.matmul = fed * (8 * hidden * hidden + 6 * hidden * ffn_hidden(model));
  if (noise > 0) block.matmul += 4 * hidden * hidden * (noise_tokens + text_tokens);
  block.attention_forward = 4 * hidden *
                            ((cached ? 0 : clean_tokens * clean_tokens) +
                             noise_tokens * (clean_tokens + noise_tokens + text_tokens));
  return block * static_cast<double>(model.blocks);
}

}  // namespace

double limit_seconds(const StageCost& cost) {
  return cost.matmul / kMatmulRate + cost.attention_forward / kAttentionForwardRate +
         cost.attention_backward / kAttentionBackwardRate;
}

StageCost training_step_cost(const ModelCost& model, const LatentSplit& split, bool recompute) {
  const StageCost forward = forward_cost(model, split.context, split.train, /*cached=*/false);
  // Frozen weights do not need gradients: the backward pass costs the products of one forward pass.
  StageCost step = forward;
  step.matmul += forward.matmul;
  step.attention_backward = kAttentionBackwardFactor * forward.attention_forward;
  return recompute ? step + forward : step;
}

StageCost generation_cost(const ModelCost& model, const Generation& generation) {
  const StageCost prefill = forward_cost(model, generation.condition, 0, /*cached=*/false);
  const StageCost evaluation =
      forward_cost(model, generation.condition, generation.generated, /*cached=*/true);
  return prefill + evaluation * (generation.evaluations * (generation.guidance ? 2.0 : 1.0));
}

}  // namespace cox::engine
