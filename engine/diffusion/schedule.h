#pragma once

#include <ATen/core/Tensor.h>

#include <string>

namespace cox::engine {

/// LongCat-Video's timestep of a noise level of 1.
inline constexpr float kTimestepsPerSigma = 1000;

struct ScheduleOptions {
  int64_t steps = 50;       ///< nominal steps, at least 1
  double shift = 12.0;      ///< above 0, from scheduler/scheduler_config.json; 1 is none
  bool enhance_hf = false;  ///< replace levels of 0.5 and below by uniform ones
  bool distill = false;     ///< levels of the step-distilled model
};

/// Noise levels of sampling in [0, 1], fp32 on the CPU, from noisy to clean.
struct Schedule {
  at::Tensor sigmas;     ///< [n + 1], the last is 0
  at::Tensor timesteps;  ///< [n], 1000 sigma
  int64_t evaluations() const { return timesteps.size(0); }
};

/// Returns the reference's levels, bit for bit. Source: get_timesteps_sigmas in
/// longcat_video/pipeline_longcat_video.py and modules/scheduling_flow_match_euler_discrete.py.
/// Throws EngineError(kUser) for options without a level.
Schedule make_schedule(const ScheduleOptions& options);

/// Reads `shift` of `model_directory`/scheduler/scheduler_config.json. Throws EngineError(kUser) if
/// the file requires an unsupported schedule.
double scheduler_shift(const std::string& model_directory);

}  // namespace cox::engine
