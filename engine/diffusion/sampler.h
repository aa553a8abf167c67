#pragma once

#include <ATen/core/Tensor.h>

#include <functional>

#include "engine/backbones/backbone.h"
#include "engine/diffusion/schedule.h"

namespace cox::engine {

struct SamplerOptions {
  ScheduleOptions schedule;
  double guidance = 4.0;     ///< 1 or less: the positive prompt alone, half the work
  bool use_kv_cache = true;  ///< without it the condition is recomputed and enters the CFG scale
};

/// What a continuation starts from.
struct ContinuationInput {
  at::Tensor condition;  ///< clean latents [1, C, c, H, W], normalised
  at::Tensor noise;      ///< [1, C, n, H, W] fp32 standard normal, for the frames to generate
  TextStates text;
  TextStates negative_text;  ///< not read when guidance is off
};

/// Told after each evaluation; throws to end the sampling.
using StepCallback = std::function<void(int done, int total)>;

/// Follows dx/dsigma = -raw output by Euler steps from noise to clean frames. Returns the generated
/// latents alone, [1, C, n, H, W] fp32. `adapter` acts in the prefill and in every evaluation.
/// Keeps the reference's roundings: noise starts in the compute dtype, and without KV cache latents
/// return to it after every step.
at::Tensor continue_latents(const Backbone& backbone, const Adapter& adapter,
                            const ContinuationInput& input, const SamplerOptions& options,
                            const StepCallback& on_step = {});

}  // namespace cox::engine
