#include "engine/adaptation/loss.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

at::Tensor noised(const at::Tensor& clean, const at::Tensor& noise, double sigma) {
  return (1 - sigma) * clean + sigma * noise;
}

at::Tensor denoising_timesteps(int64_t context, int64_t frames, double sigma,
                               const at::Tensor& like) {
  const auto options = like.options().dtype(at::kFloat);
  return at::cat(
      {at::zeros({1, context}, options), at::full({1, frames - context}, 1000 * sigma, options)},
      1);
}

at::Tensor loss_of_output(const at::Tensor& output, const at::Tensor& clean,
                          const at::Tensor& noise, LossTarget target) {
  const at::Tensor direction =
      target == LossTarget::kCleanMinusNoise ? clean - noise : noise - clean;
  return (output - direction).square().mean();
}

at::Tensor target_frames(const at::Tensor& latents, const DenoisingProblem& problem) {
  return latents.narrow(2, problem.context, problem.clean.size(2) - problem.context);
}

at::Tensor denoising_output(const Backbone& backbone, const Adapter& adapter,
                            const DenoisingProblem& problem) {
  const int64_t frames = problem.clean.size(2);
  const at::Tensor context = problem.clean.narrow(2, 0, problem.context);
  const at::Tensor clean = target_frames(problem.clean, problem);

  BackboneInput input;
  input.latents = at::cat({context, noised(clean, problem.noise, problem.sigma)}, 2);
  input.timestep = denoising_timesteps(problem.context, frames, problem.sigma, problem.clean);
  input.text = problem.text;
  input.condition_latent_frames = problem.context;
  return backbone.forward(input, adapter);
}

at::Tensor denoising_loss(const Backbone& backbone, const Adapter& adapter,
                          const DenoisingProblem& problem, LossTarget target) {
  return loss_of_output(target_frames(denoising_output(backbone, adapter, problem), problem),
                        target_frames(problem.clean, problem), problem.noise, target);
}

}  // namespace cox::engine
