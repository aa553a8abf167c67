#pragma once

#include "engine/monitor.h"
#include "engine/stages/encode.h"

namespace cox::engine {

/// Continues the condition. Returns [1, C, generated latent frames, H/8, W/8] fp32, normalized.
/// Throws EngineError (cause diverged) for latents that are not finite.
at::Tensor generate(const JobPlan& plan, const EncodedJob& encoded, const Model& model,
                    const Adapter& adapter, JobMonitor& monitor);

/// Returns the scored frames of the VAE's output, which starts at the condition's first frame: [F,
/// 3, H, W] fp32 in [0, 1], not rounded.
at::Tensor scored_pixels(const JobPlan& plan, const at::Tensor& decoded);

/// Decodes the scored frames: [F, 3, H, W] fp32 in [0, 1] on the model's device, not rounded.
at::Tensor decode_latents(const JobPlan& plan, const EncodedJob& encoded,
                          const at::Tensor& generated, const Model& model);

}  // namespace cox::engine
