#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/checkpoint/json_config.h"

namespace cox::engine {

/// Noise levels of the Wan family's sampling, from noisy to clean.
struct FlowSchedule {
  std::vector<float> sigmas;            ///< [n + 1], the last is 0
  std::vector<std::int64_t> timesteps;  ///< [n], 1000 sigma rounded down
  std::int64_t evaluations() const { return static_cast<std::int64_t>(timesteps.size()); }
};

/// u = 0.999, ... in n even steps to 0, without the 0, and s = shift u / (1 + (shift - 1) u); then
/// 0. Throws EngineError(kUser) unless steps is from 1 to 1000 and shift is positive.
FlowSchedule make_flow_schedule(std::int64_t steps, double shift);

/// Returns `flow_shift` from a scheduler/scheduler_config.json. Throws EngineError(kUser) if the
/// file names an unsupported schedule or solver.
double flow_shift(const JsonConfig& config);

}  // namespace cox::engine
