#pragma once

#include <ATen/core/Tensor.h>

#include "engine/backbones/backbone.h"

namespace cox::engine {

/// The target of the raw output. The output approximates clean - noise; the other sign is the
/// AdaSteer study's mistake, kept as a labeled option.
enum class LossTarget { kCleanMinusNoise, kNoiseMinusClean };

/// One denoising problem of flow matching (Lipman et al., arXiv 2210.02747): clean latents are
/// noised, and the model predicts the direction back.
struct DenoisingProblem {
  at::Tensor clean;     ///< [1, C, T, H, W] fp32, normalised; the first `context` frames stay clean
  int64_t context = 0;  ///< latent frames
  at::Tensor noise;     ///< [1, C, T - context, H, W] fp32
  double sigma = 0;     ///< noise level in (0, 1]
  const TextStates& text;
};

/// Returns (1 - sigma) clean + sigma noise, in fp32.
at::Tensor noised(const at::Tensor& clean, const at::Tensor& noise, double sigma);

/// Returns timesteps [1, T]: 0 on context frames, 1000 sigma after them.
at::Tensor denoising_timesteps(int64_t context, int64_t frames, double sigma,
                               const at::Tensor& like);

/// Returns the frames after the context.
at::Tensor target_frames(const at::Tensor& latents, const DenoisingProblem& problem);

/// Returns the mean square of (output - target) over target frames, fp32, a scalar tensor with its
/// graph. There is no KV cache: the context is part of the forward pass, so gradients reach what
/// acts on it.
at::Tensor denoising_loss(const Backbone& backbone, const Adapter& adapter,
                          const DenoisingProblem& problem, LossTarget target);

/// Returns the raw output over all frames, with its graph.
at::Tensor denoising_output(const Backbone& backbone, const Adapter& adapter,
                            const DenoisingProblem& problem);

/// Returns the same loss, given the raw output over target frames.
at::Tensor loss_of_output(const at::Tensor& output, const at::Tensor& clean,
                          const at::Tensor& noise, LossTarget target);

}  // namespace cox::engine
