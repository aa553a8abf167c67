#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "engine/adaptation/method.h"
#include "engine/adaptation/optimizer.h"
#include "engine/parameters.h"
#include "sharing/stop_rule.h"

namespace cox::engine {

/// The settings of early stopping: when to check the held-out loss, and when to end.
struct EarlyStopSettings {
  bool enabled = false;
  sharing::StopRule rule;
};

/// The parameters of schemas/optimizer.yaml: how one method's tensors are trained.
struct MemberSettings {
  OptimizerSettings optimizer;
  at::ScalarType trained_dtype = at::kFloat;  ///< fp32, or bf16 as in the AdaSteer study
};

/// The parameters of schemas/adaptation.yaml and of each acting method.
struct AdaptationSettings {
  int steps = 0;  ///< optimizer steps, 1 to 1,000,000
  std::vector<MemberSettings> members = {{}};
  bool clip_together = false;       ///< one joint norm over all members
  std::int64_t window_frames = 0;   ///< pixel frames before the first scored one
  std::int64_t context_frames = 0;  ///< the first pixel frames of the window
  double holdout_fraction = 0;      ///< in [0, 1): share of the latents after the context
  EarlyStopSettings early_stop;
  bool random_direction = false;  ///< generate with random_direction.h instead of the adapted state
};

/// Reads and checks the settings. Throws EngineError (cause user) that names the parameter.
AdaptationSettings read_adaptation_settings(const MethodSet& methods, ParameterReader& parameters);

}  // namespace cox::engine
