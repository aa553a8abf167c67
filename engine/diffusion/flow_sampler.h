#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "engine/backbones/backbone.h"
#include "engine/diffusion/sampler.h"

namespace cox::engine {

/// How sampling uses known latent frames at the start.
enum class FlowPrefix {
  kNone,
  /// They stay clean at time 0. Wan2.2 TI2V was trained this way for one frame; more frames are our
  /// extension.
  kSplice,
  /// Before each evaluation they are noised to its level. Wan2.1's text-to-video models were not
  /// trained to continue videos; this rule is ours.
  kReplace,
};

struct FlowSamplerOptions {
  std::string solver = "unipc";  ///< a name that make_flow_solver accepts
  int64_t steps = 50;
  double shift = 5;     ///< from scheduler/scheduler_config.json
  double guidance = 5;  ///< 1 or less: only the positive prompt, half the work
  FlowPrefix prefix = FlowPrefix::kNone;
};

struct FlowSampleInput {
  at::Tensor noise;   ///< [1, C, T, H, W] fp32 standard normal, for every frame
  at::Tensor prefix;  ///< clean latents [1, C, k, H, W], normalized; undefined for kNone
  TextStates text;
  TextStates negative_text;      ///< not read when guidance is off
  at::Tensor channel_condition;  ///< see BackboneInput; for image-to-video models
  at::Tensor image_states;
};

/// Integrates the flow from noise to clean latents with the solver. Returns every frame, fp32;
/// prefix frames are returned as given. Guidance is u + guidance (c - u). Timesteps are integers,
/// as in the published schedules.
at::Tensor sample_flow(const Backbone& backbone, const Adapter& adapter,
                       const FlowSampleInput& input, const FlowSamplerOptions& options,
                       const StepCallback& on_step = {});

/// Returns the mask channels of Wan2.1's image-to-video condition, [1, group, T, h, w] fp32: 1
/// where a pixel frame is known. The first latent frame covers one pixel frame, each later one
/// `group` (4) pixel frames. `known` counts pixel frames from the start.
at::Tensor known_frame_mask(int64_t known, int64_t latent_frames, int64_t height, int64_t width,
                            int64_t group = 4);

}  // namespace cox::engine
