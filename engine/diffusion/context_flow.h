#pragma once

#include <ATen/core/Tensor.h>

#include "engine/diffusion/training_rule.h"

namespace cox::engine {

// Training of LongCat-Video: flow matching (Lipman et al., arXiv 2210.02747) of frames after a
// clean context, which is part of the forward pass, so that gradients reach what acts on it.

/// The target of the raw output. The output approximates clean - noise; the opposite sign is the
/// mistake of the AdaSteer study, kept as a labeled option.
enum class LossTarget { kCleanMinusNoise, kNoiseMinusClean };

/// Returns (1 - sigma) clean + sigma noise, in fp32.
at::Tensor noised(const at::Tensor& clean, const at::Tensor& noise, double sigma);

/// Returns timesteps [1, T]: 0 on context frames, 1000 sigma after them.
at::Tensor denoising_timesteps(int64_t context, int64_t frames, double sigma,
                               const at::Tensor& like);

/// Returns the loss, given the raw output over target frames.
at::Tensor loss_of_output(const at::Tensor& output, const at::Tensor& clean,
                          const at::Tensor& noise, LossTarget target);

/// Training does not use a KV cache. In checks, the context does not depend on noise or text, so
/// one pass over it serves all questions; likewise one pass over the text.
class ContextFlow final : public TrainingRule {
 public:
  explicit ContextFlow(LossTarget target = LossTarget::kCleanMinusNoise) : target_(target) {}

  bool noises_context() const override { return false; }
  at::Tensor output(const Backbone& backbone, const Adapter& adapter,
                    const DenoisingProblem& problem) const override;
  at::Tensor loss_of(const at::Tensor& output, const DenoisingProblem& problem) const override;
  at::Tensor batch_loss(const Backbone& backbone, const DenoisingBatch& batch) const override;
  std::unique_ptr<HeldOutQuestions> questions(const Backbone& backbone, const Adapter& adapter,
                                              const at::Tensor& context,
                                              const TextStates& text) const override;

 private:
  LossTarget target_;
};

}  // namespace cox::engine
