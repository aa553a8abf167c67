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

at::Tensor denoising_loss(const Backbone& backbone, const Adapter& adapter,
                          const DenoisingProblem& problem, LossTarget target) {
  const int64_t frames = problem.clean.size(2);
  const at::Tensor context = problem.clean.narrow(2, 0, problem.context);
  const at::Tensor clean = problem.clean.narrow(2, problem.context, frames - problem.context);

  BackboneInput input;
  input.latents = at::cat({context, noised(clean, problem.noise, problem.sigma)}, 2);
  input.timestep = denoising_timesteps(problem.context, frames, problem.sigma, problem.clean);
  input.text = problem.text;
  input.condition_latent_frames = problem.context;
  const at::Tensor output = backbone.forward(input, adapter);
  return loss_of_output(output.narrow(2, problem.context, clean.size(2)), clean, problem.noise,
                        target);
}

}  // namespace cox::engine
