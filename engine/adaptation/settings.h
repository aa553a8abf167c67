#pragma once

#include <ATen/core/Tensor.h>

#include "engine/adaptation/loss.h"
#include "engine/adaptation/optimizer.h"
#include "engine/parameters.h"
#include "sharing/stop_rule.h"

namespace cox::engine {

struct EarlyStopSettings {
  bool enabled = false;
  sharing::StopRule rule;
};

/// The parameters of schemas/adaptation.yaml.
struct AdaptationSettings {
  int steps = 0;
  OptimizerSettings optimizer;
  at::ScalarType trained_dtype = at::kFloat;
  LossTarget target = LossTarget::kCleanMinusNoise;
  std::int64_t window_frames = 0;   ///< pixel frames before the first scored one
  std::int64_t context_frames = 0;  ///< pixel frames, the first of the window
  double holdout_fraction = 0;
  EarlyStopSettings early_stop;
};

/// Throws EngineError naming the parameter.
AdaptationSettings read_adaptation_settings(ParameterReader& parameters);

}  // namespace cox::engine
