#pragma once

#include <ATen/core/Tensor.h>

#include <memory>

#include "engine/backbones/backbone.h"

namespace cox::engine {

/// A question to a transformer: noise is added to a clean video, and the model predicts its
/// removal.
struct DenoisingProblem {
  at::Tensor clean;     ///< [1, C, T, H, W] fp32, normalized; the loss is over the later frames
  int64_t context = 0;  ///< known latent frames at the start
  at::Tensor noise;     ///< [1, C, noised frames, H, W] fp32: see TrainingRule::noises_context
  double level = 0;     ///< of noise, in (0, 1]
  const TextStates& text;
};

/// A batch of videos, each with its own noise level, for training from scratch.
struct DenoisingBatch {
  at::Tensor clean;     ///< [B, C, T, H, W] fp32, normalized
  int64_t context = 0;  ///< known latent frames at the start of each
  at::Tensor noise;     ///< [B, C, noised frames, H, W] fp32, as DenoisingProblem::noise
  at::Tensor levels;    ///< [B] fp32, in (0, 1]
  const TextStates& text;
};

/// Questions about latents after one context, with one adapter and text, without gradients.
class HeldOutQuestions {
 public:
  virtual ~HeldOutQuestions() = default;

  /// Returns the raw output for noised `latents` [1, C, T, H, W], which follow the context. `noise`
  /// covers the context too if the rule noises it.
  virtual at::Tensor output(const at::Tensor& latents, const at::Tensor& noise,
                            double level) const = 0;
  /// Returns the loss of such an output over `latents`.
  virtual at::Tensor loss_of(const at::Tensor& output, const at::Tensor& latents,
                             const at::Tensor& noise, double level) const = 0;

  at::Tensor loss(const at::Tensor& latents, const at::Tensor& noise, double level) const {
    return loss_of(output(latents, noise, level), latents, noise, level);
  }
};

/// How a family's model is trained: how noise is added, what the raw output should be, and which
/// frames count. Immutable.
class TrainingRule {
 public:
  virtual ~TrainingRule() = default;

  /// Returns true if the context is noised like the frames after it, false if it stays clean.
  virtual bool noises_context() const = 0;

  /// Returns the raw output over all frames, with its graph.
  virtual at::Tensor output(const Backbone& backbone, const Adapter& adapter,
                            const DenoisingProblem& problem) const = 0;
  /// Returns the mean square error of such an output over the frames after the context: an fp32
  /// scalar tensor with its graph.
  virtual at::Tensor loss_of(const at::Tensor& output, const DenoisingProblem& problem) const = 0;

  at::Tensor loss(const Backbone& backbone, const Adapter& adapter,
                  const DenoisingProblem& problem) const {
    return loss_of(output(backbone, adapter, problem), problem);
  }

  /// Returns the mean loss over a batch, with its graph. Throws std::logic_error for a family whose
  /// models cannot be trained from scratch here.
  virtual at::Tensor batch_loss(const Backbone& backbone, const DenoisingBatch& batch) const;

  /// `context` [1, C, c, H, W], c from 0. The result borrows everything.
  virtual std::unique_ptr<HeldOutQuestions> questions(const Backbone& backbone,
                                                      const Adapter& adapter,
                                                      const at::Tensor& context,
                                                      const TextStates& text) const;
};

}  // namespace cox::engine
