#include "tools/training/dit_training.h"

#include <fmt/format.h>

#include <ATen/ops/rand.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn_like.h>
#include <ATen/ops/where.h>

#include "engine/tensors/error.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

/// Noise levels [B]: half uniform, half through the sampler's shift, which favors noisy ones.
at::Tensor draw_sigmas(const DitTraining& training, const at::TensorOptions& options) {
  const at::Tensor uniform = at::rand({training.batch}, options).clamp(1e-3, 1);
  const at::Tensor shifted = training.shift * uniform / (1 + (training.shift - 1) * uniform);
  return at::where(at::rand({training.batch}, options) < 0.5, uniform, shifted);
}

TextStates draw_text(const DitTraining& training, const at::Tensor& clips) {
  const LatentPool& pool = training.pool;
  const at::Tensor dropped =
      at::rand({training.batch, 1}, pool.latents.options().dtype(at::kFloat)) <
      training.text_dropout;
  const at::Tensor states =
      at::where(dropped.unsqueeze(2), pool.empty_states, pool.text_states.index_select(0, clips));
  const at::Tensor mask =
      at::where(dropped, pool.empty_mask, pool.text_mask.index_select(0, clips));
  return {states.unsqueeze(1).to(training.compute_dtype), mask};
}

}  // namespace

void require_context(const ContextRange& context, int64_t latent_frames) {
  const bool holds = context.least >= 0 && context.least <= context.most;
  if (holds && context.most < latent_frames) return;
  throw user_error(
      fmt::format("--min-context, --max-context: expected 0 to {} latent frames, the minimum not "
                  "above the maximum, got {} and {}",
                  latent_frames - 1, context.least, context.most),
      "usage");
}

at::Tensor dit_loss(const DitTraining& training, const TrainState& state, int64_t step) {
  const at::Tensor& pool = training.pool.latents;
  seed_draws(pool.device(), training.seed, step);
  const at::TensorOptions reals = pool.options().dtype(at::kFloat);
  const at::Tensor clips = at::randint(pool.size(0), {training.batch}, reals.dtype(at::kLong));
  const ContextRange& range = training.context;
  const int64_t context = range.least + step % (range.most - range.least + 1);

  const at::Tensor clean = pool.index_select(0, clips).to(at::kFloat);
  const at::Tensor noise = at::randn_like(clean);
  const at::Tensor levels = draw_sigmas(training, reals);
  const TextStates text = draw_text(training, clips);
  const int64_t clear = training.rule->noises_context() ? 0 : context;
  // Computed from the trained weights, so that gradients reach them.
  const auto transformer = training.family.transformers().given(
      training.config, [&](const std::string& key) { return state.parameter(key); },
      training.compute_dtype);
  return training.rule->batch_loss(
      *transformer, {clean, context, noise.narrow(2, clear, clean.size(2) - clear), levels, text});
}

}  // namespace cox::engine
