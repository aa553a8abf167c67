#include "engine/diffusion/noised_rule.h"

namespace cox::engine {

at::Tensor NoisedRule::output(const Backbone& backbone, const Adapter& adapter,
                              const DenoisingProblem& problem) const {
  return answer(backbone, adapter, noised(problem), problem.text, condition(problem));
}

at::Tensor NoisedRule::loss_of(const at::Tensor& output, const DenoisingProblem& problem) const {
  return mean_square_from(output, noised(problem).target, problem.context);
}

at::Tensor NoisedRule::answer(const Backbone& backbone, const Adapter& adapter,
                              const NoisedLatents& question, const TextStates& text,
                              const at::Tensor& condition) {
  BackboneInput input;
  input.latents = question.latents;
  input.timestep = question.timestep;
  input.text = text;
  input.channel_condition = condition;
  return backbone.forward(input, adapter);
}

}  // namespace cox::engine
