#pragma once

#include <ATen/core/Tensor.h>

#include "engine/backbones/longcat/config.h"
#include "tools/training/train_loop.h"

namespace cox::engine {

/// The training data of the transformer: the latents of a pool of clips, encoded once, with the
/// text states of their captions. Training never reads pixels.
struct LatentPool {
  at::Tensor latents;       ///< [N, C, T, H, W], normalised
  at::Tensor text_states;   ///< [N, L, text channels]
  at::Tensor text_mask;     ///< [N, L] int64
  at::Tensor empty_states;  ///< [1, L, text channels] of the empty prompt
  at::Tensor empty_mask;    ///< [1, L]
};

struct DitTraining {
  longcat::Config config;
  LatentPool pool;
  int64_t batch = 128;
  double text_dropout = 0.1;  ///< how often a clip is shown with the empty prompt, for guidance
  double shift = 3;           ///< half of the noise levels are drawn through the sampler's shift
  uint64_t seed = 0;
  at::ScalarType compute_dtype = at::kFloat;
};

/// Mean squared error of the raw output against x0 - noise on the frames after a clean prefix of
/// random length (1 to T - 1 latent frames), on the clips of this step.
at::Tensor dit_loss(const DitTraining& training, const TrainState& state, int64_t step);

}  // namespace cox::engine
