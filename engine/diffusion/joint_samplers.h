#pragma once

#include <ATen/core/Tensor.h>

#include <functional>

#include "engine/backbones/backbone.h"
#include "engine/diffusion/cogvideox_schedule.h"
#include "engine/diffusion/open_sora_sampling.h"
#include "engine/diffusion/sampler.h"

namespace cox::engine {

enum class CogVideoXSolver { kDdim, kDpm };

struct CogVideoXSampling {
  CogVideoXSolver solver = CogVideoXSolver::kDdim;
  int64_t steps = 50;
  double guidance = 6.0;  ///< 1 or less: only the positive prompt, half the work
};

struct CogVideoXStart {
  at::Tensor noise;      ///< [1, C, T, H, W] fp32 standard normal, for every frame
  at::Tensor known;      ///< [1, C, k, H, W] clean first frames, normalized; undefined for none
  at::Tensor condition;  ///< [1, C', T, H, W] for an image-to-video model; undefined for others
  TextStates text;
  TextStates negative_text;  ///< not read when guidance is off
  /// Draws the noise of one step, standard normal in the shape of `noise`; used by the DPM solver.
  std::function<at::Tensor(int64_t step)> step_noise;
};

/// Samples every frame and returns those after the known ones, fp32. Before each
/// evaluation the first frames are replaced with the clean known frames: a sampling option of the
/// original implementation, for which the model was not trained.
at::Tensor sample_cogvideox(const Backbone& backbone, const Adapter& adapter,
                            const CogVideoXSchedule& schedule, const CogVideoXStart& start,
                            const CogVideoXSampling& options, const StepCallback& on_step = {});

struct OpenSoraStart {
  at::Tensor noise;  ///< [1, C, T, H, W] fp32 standard normal, for every frame
  at::Tensor known;  ///< [1, C, k, H, W] clean first frames, normalized; undefined for none
  TextStates text;   ///< with the pooled text
  TextStates negative_text;
};

/// Returns the transformer's condition [1, 1 + C, T, H, W]: the mask of known frames and their
/// latents.
at::Tensor open_sora_condition(const at::Tensor& known, const at::Tensor& like);

/// Returns the passes of one evaluation, which form a batch: 1 without guidance, 2 without known
/// frames, 3 with them.
int64_t open_sora_branch_count(const OpenSoraGuidance& guidance, int64_t known);

/// Samples every frame and returns those after the known ones, fp32. Known frames reach the model
/// through its condition. The model was trained for one known frame; using more is undocumented.
at::Tensor sample_open_sora(const Backbone& backbone, const Adapter& adapter,
                            const OpenSoraStart& start, const OpenSoraGuidance& guidance,
                            int64_t steps, const StepCallback& on_step = {});

}  // namespace cox::engine
