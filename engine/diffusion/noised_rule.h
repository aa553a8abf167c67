#pragma once

#include "engine/diffusion/noise_rule.h"
#include "engine/diffusion/training_rule.h"

namespace cox::engine {

/// A rule whose whole question is latents that a noise rule made, asked in one pass.
class NoisedRule : public TrainingRule {
 public:
  at::Tensor output(const Backbone& backbone, const Adapter& adapter,
                    const DenoisingProblem& problem) const override;
  at::Tensor loss_of(const at::Tensor& output, const DenoisingProblem& problem) const override;

 protected:
  virtual NoisedLatents noised(const DenoisingProblem& problem) const = 0;
  /// What the model sees of the known frames on its channels; undefined for nothing.
  virtual at::Tensor condition(const DenoisingProblem& /*problem*/) const { return {}; }

  static at::Tensor answer(const Backbone& backbone, const Adapter& adapter,
                           const NoisedLatents& question, const TextStates& text,
                           const at::Tensor& condition = {});
};

}  // namespace cox::engine
