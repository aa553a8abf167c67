#include "engine/diffusion/context_flow.h"

#include <optional>

#include "engine/diffusion/noise_rule.h"
#include "engine/diffusion/schedule.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

at::Tensor noised(const at::Tensor& clean, const at::Tensor& noise, double sigma) {
  return (1 - sigma) * clean + sigma * noise;
}

at::Tensor denoising_timesteps(int64_t context, int64_t frames, double sigma,
                               const at::Tensor& like) {
  const auto options = like.options().dtype(at::kFloat);
  return at::cat({at::zeros({1, context}, options),
                  at::full({1, frames - context}, kTimestepsPerSigma * sigma, options)},
                 1);
}

at::Tensor loss_of_output(const at::Tensor& output, const at::Tensor& clean,
                          const at::Tensor& noise, LossTarget target) {
  const at::Tensor direction =
      target == LossTarget::kCleanMinusNoise ? clean - noise : noise - clean;
  return (output - direction).square().mean();
}

namespace {

class CachedQuestions final : public HeldOutQuestions {
 public:
  CachedQuestions(const Backbone& backbone, const Adapter& adapter, const at::Tensor& context,
                  const TextStates& text, LossTarget target)
      : backbone_(backbone),
        adapter_(adapter),
        text_(text),
        target_(target),
        text_cache_(backbone.prepare_text(text, adapter)) {
    if (context.size(2) > 0) context_cache_ = backbone.prefill(context, adapter);
  }

  at::Tensor output(const at::Tensor& latents, const at::Tensor& noise,
                    double level) const override {
    BackboneInput input;
    input.latents = noised(latents, noise, level);
    input.timestep = denoising_timesteps(0, latents.size(2), level, latents);
    input.text = text_;
    input.cache = context_cache_ ? &*context_cache_ : nullptr;
    input.text_cache = &text_cache_;
    return backbone_.forward(input, adapter_);
  }
  at::Tensor loss_of(const at::Tensor& output, const at::Tensor& latents, const at::Tensor& noise,
                     double) const override {
    return loss_of_output(output, latents, noise, target_);
  }

 private:
  const Backbone& backbone_;
  const Adapter& adapter_;
  const TextStates& text_;
  LossTarget target_;
  TextCache text_cache_;
  std::optional<ConditionCache> context_cache_;
};

/// The frames after the context.
at::Tensor target_frames(const at::Tensor& latents, const DenoisingProblem& problem) {
  return latents.narrow(2, problem.context, problem.clean.size(2) - problem.context);
}

}  // namespace

at::Tensor ContextFlow::output(const Backbone& backbone, const Adapter& adapter,
                               const DenoisingProblem& problem) const {
  const int64_t frames = problem.clean.size(2);
  const at::Tensor context = problem.clean.narrow(2, 0, problem.context);
  const at::Tensor clean = target_frames(problem.clean, problem);

  BackboneInput input;
  input.latents = at::cat({context, noised(clean, problem.noise, problem.level)}, 2);
  input.timestep = denoising_timesteps(problem.context, frames, problem.level, problem.clean);
  input.text = problem.text;
  input.condition_latent_frames = problem.context;
  return backbone.forward(input, adapter);
}

at::Tensor ContextFlow::loss_of(const at::Tensor& output, const DenoisingProblem& problem) const {
  return loss_of_output(target_frames(output, problem), target_frames(problem.clean, problem),
                        problem.noise, target_);
}

at::Tensor ContextFlow::batch_loss(const Backbone& backbone, const DenoisingBatch& batch) const {
  // Noise is added at the same frames and times as in Wan2.2, but the sign of the output is
  // opposite.
  const NoisedLatents question = flow_noised_after(batch.clean, batch.noise, batch.levels);
  BackboneInput input;
  input.latents = question.latents;
  input.timestep = question.timestep;
  input.text = batch.text;
  input.condition_latent_frames = batch.context;
  const at::Tensor output = backbone.forward(input, Adapter());
  const bool negated = target_ == LossTarget::kCleanMinusNoise;
  return mean_square_from(output, negated ? -question.target : question.target, batch.context);
}

std::unique_ptr<HeldOutQuestions> ContextFlow::questions(const Backbone& backbone,
                                                         const Adapter& adapter,
                                                         const at::Tensor& context,
                                                         const TextStates& text) const {
  return std::make_unique<CachedQuestions>(backbone, adapter, context, text, target_);
}

}  // namespace cox::engine
