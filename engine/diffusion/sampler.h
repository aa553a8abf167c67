#pragma once

#include <ATen/core/Tensor.h>

#include <functional>

#include "engine/backbones/backbone.h"
#include "engine/diffusion/schedule.h"

namespace cox::engine {

struct SamplerOptions {
  ScheduleOptions schedule;
  double guidance = 4.0;     ///< scale; 1 or less: only the positive prompt, half the work
  bool use_kv_cache = true;  ///< false: the condition is recomputed and enters the CFG scale
};

/// s = <cond, uncond> / (|uncond|^2 + 1e-8) over each whole sample, fp32 [B, 1, 1, ...]: the scale
/// that brings the unconditional output closest to the conditional output.
at::Tensor cfg_zero_scale(const at::Tensor& cond, const at::Tensor& uncond);

/// s uncond + guidance (cond - s uncond). Source: the optimized scale of Fan et al., CFG-Zero*:
/// Improved Classifier-Free Guidance for Flow Matching Models (arXiv 2503.18886), without their
/// zero-init; optimized_scale in longcat_video/pipeline_longcat_video.py of
/// meituan-longcat/LongCat-Video.
at::Tensor cfg_zero(const at::Tensor& cond, const at::Tensor& uncond, double guidance);

/// The inputs of a continuation.
struct ContinuationInput {
  at::Tensor condition;  ///< clean latents [1, C, c, H, W], normalized; undefined for none
  at::Tensor noise;      ///< [1, C, n, H, W] fp32 standard normal, for the frames to generate
  TextStates text;
  TextStates negative_text;  ///< not read if guidance is 1 or less
};

/// Called after each evaluation. May throw to end the sampling.
using StepCallback = std::function<void(int done, int total)>;

/// Integrates dx/dsigma = -raw output by Euler steps from noise to clean frames. Returns only the
/// generated latents, [1, C, n, H, W] fp32. `adapter` acts in the prefill and in every evaluation.
/// Keeps the reference's roundings: after a condition, noise starts in the compute dtype, and
/// without KV cache latents return to it after every step; without a condition they stay fp32.
/// Source: generate_vc and generate_t2v in longcat_video/pipeline_longcat_video.py. Throws
/// std::invalid_argument for wrong shapes, EngineError(kUser) for an invalid schedule.
at::Tensor continue_latents(const Backbone& backbone, const Adapter& adapter,
                            const ContinuationInput& input, const SamplerOptions& options,
                            const StepCallback& on_step = {});

}  // namespace cox::engine
