#include "tools/training/dit_training.h"

#include <ATen/ops/mse_loss.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn_like.h>
#include <ATen/ops/where.h>

#include "engine/backbones/longcat/transformer.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

/// The transformer as a function of the trained weights, so that gradients reach these.
longcat::Transformer transformer_of(const DitTraining& training, const TrainState& state) {
  longcat::Weights weights;
  longcat::visit_weights(
      weights, training.config,
      {[&](const std::string& key, at::Tensor& tensor, const std::vector<int64_t>&) {
        tensor = state.parameter(key).to(training.compute_dtype);
      }});
  return {training.config, std::move(weights)};
}

/// Noise levels [B]: half uniform, half through the sampler's shift, which favours noisy ones.
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

at::Tensor dit_loss(const DitTraining& training, const TrainState& state, int64_t step) {
  const at::Tensor& pool = training.pool.latents;
  seed_draws(pool.device(), training.seed, step);
  const at::TensorOptions reals = pool.options().dtype(at::kFloat);
  const at::Tensor clips = at::randint(pool.size(0), {training.batch}, reals.dtype(at::kLong));
  const int64_t frames = pool.size(2);
  const int64_t prefix = 1 + step % (frames - 1);

  const at::Tensor clean = pool.index_select(0, clips).to(at::kFloat);
  const at::Tensor noise = at::randn_like(clean);
  const at::Tensor sigma = draw_sigmas(training, reals);
  const at::Tensor level = sigma.view({-1, 1, 1, 1, 1});
  const at::Tensor noisy = (1 - level) * clean + level * noise;

  BackboneInput input;
  input.latents = at::cat({clean.narrow(2, 0, prefix), noisy.narrow(2, prefix, frames - prefix)}, 2)
                      .to(training.compute_dtype);
  input.timestep = at::cat({at::zeros({training.batch, prefix}, reals),
                            (1000 * sigma).unsqueeze(1).expand({training.batch, frames - prefix})},
                           1);
  input.text = draw_text(training, clips);
  input.condition_latent_frames = prefix;
  const longcat::Transformer transformer = transformer_of(training, state);
  const at::Tensor raw = transformer.forward(input, Adapter());
  return at::mse_loss(raw.narrow(2, prefix, frames - prefix),
                      (clean - noise).narrow(2, prefix, frames - prefix));
}

}  // namespace cox::engine
