#pragma once

#include <ATen/core/Tensor.h>

#include <memory>

#include "engine/families/family.h"
#include "tools/training/train_loop.h"

namespace cox::engine {

/// The training data of the transformer: the latents of a pool of clips, encoded once, with the
/// text states of their captions. Training never reads pixels.
struct LatentPool {
  at::Tensor latents;       ///< [N, C, T, H, W], normalized
  at::Tensor text_states;   ///< [N, L, text channels]
  at::Tensor text_mask;     ///< [N, L] int64
  at::Tensor empty_states;  ///< [1, L, text channels] of the empty prompt
  at::Tensor empty_mask;    ///< [1, L]
};

/// How many latent frames at the start of a clip are known; steps go through the range in turn.
struct ContextRange {
  int64_t least = 1;
  int64_t most = 1;
};

/// Training a transformer from nothing by its family's rule.
struct DitTraining {
  const Family& family;
  JsonConfig config;  ///< of the transformer
  std::unique_ptr<TrainingRule> rule;
  LatentPool pool = {};
  ContextRange context;
  int64_t batch = 128;
  double text_dropout = 0.1;  ///< how often a clip is shown with the empty prompt, for guidance
  double shift = 3;           ///< half of the noise levels are drawn through the sampler's shift
  uint64_t seed = 0;
  at::ScalarType compute_dtype = at::kFloat;
};

/// Throws EngineError(kUser) unless the range is within clips of so many latent frames and leaves a
/// frame to predict.
void require_context(const ContextRange& context, int64_t latent_frames);

/// The rule's loss on the clips of this step.
at::Tensor dit_loss(const DitTraining& training, const TrainState& state, int64_t step);

}  // namespace cox::engine
