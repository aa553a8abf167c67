#pragma once

#include <ATen/core/Tensor.h>

#include <string>

namespace cox::engine {

struct ScheduleOptions {
  int64_t steps = 50;       ///< nominal steps
  double shift = 12.0;      ///< of scheduler/scheduler_config.json; 1 is none
  bool enhance_hf = false;  ///< replace levels of 0.5 and below by ten uniform ones
  bool distill = false;     ///< levels of the step-distilled model
};

/// Noise levels of sampling, fp32 on the CPU, from noisy to clean.
struct Schedule {
  at::Tensor sigmas;     ///< [n + 1], the last is 0
  at::Tensor timesteps;  ///< [n], 1000 sigma
  int64_t evaluations() const { return timesteps.size(0); }
};

/// The reference's levels to the bit. Throws EngineError(kUser) when no level results.
Schedule make_schedule(const ScheduleOptions& options);

/// `shift` of `model_directory`/scheduler/scheduler_config.json. Throws EngineError(kUser) when the
/// file asks for a schedule that is not supported.
double scheduler_shift(const std::string& model_directory);

}  // namespace cox::engine
