#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "engine/adaptation/method.h"
#include "engine/adaptation/optimizer.h"
#include "engine/parameters.h"
#include "sharing/stop_rule.h"

namespace cox::engine {

/// When the optimization loop checks the held-out loss, and when it ends.
struct EarlyStopSettings {
  bool enabled = false;
  sharing::StopRule rule;
};

/// The parameters of schemas/optimizer.yaml: how one method's tensors are trained.
struct MemberSettings {
  OptimizerSettings optimizer;
  at::ScalarType trained_dtype = at::kFloat;  ///< fp32, or bf16 as in the AdaSteer study
};

/// The parameters of schemas/adaptation.yaml, and those of each method that acts.
struct AdaptationSettings {
  int steps = 0;  ///< optimizer steps, 1 to 1,000,000
  std::vector<MemberSettings> members = {{}};
  bool clip_together = false;       ///< one joint norm over all members
  std::int64_t window_frames = 0;   ///< pixel frames before the first scored one
  std::int64_t context_frames = 0;  ///< the first pixel frames of the window
  double holdout_fraction = 0;      ///< in [0, 1): share of the latents after the context
  EarlyStopSettings early_stop;
  bool random_direction = false;  ///< generate from random_direction.h instead of what was adapted
};

/// Reads and checks them. Throws EngineError (cause user) that names the parameter.
AdaptationSettings read_adaptation_settings(const MethodSet& methods, ParameterReader& parameters);

}  // namespace cox::engine
