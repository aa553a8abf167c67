#pragma once

#include <ATen/core/Tensor.h>

#include "engine/adaptation/latent_split.h"
#include "engine/adaptation/video_random.h"
#include "engine/backbones/backbone.h"
#include "engine/diffusion/training_rule.h"

namespace cox::engine {

/// What a video gives to adaptation. References must outlive the adaptation.
struct AdaptationProblem {
  const Backbone& backbone;
  at::Tensor latents;  ///< [1, C, split.total(), H, W] fp32 normalized, on the backbone's device
  LatentSplit split;
  TextStates text;  ///< of the positive prompt; there is no guidance in training
  const VideoRandom& random;
  const TrainingRule& rule;
};

}  // namespace cox::engine
