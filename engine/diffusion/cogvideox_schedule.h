#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "engine/checkpoint/json_config.h"
#include "engine/diffusion/noise_rule.h"

namespace cox::engine {

/// CogVideoX's noise levels: a scaled-linear schedule of 1000 times, its signal-to-noise ratio
/// shifted and brought to 0 at the last time. Source: CogVideoXDDIMScheduler of
/// huggingface/diffusers.
class CogVideoXSchedule {
 public:
  /// Reads scheduler/scheduler_config.json. Throws EngineError(kUser) that names file and key for a
  /// missing entry or another kind of schedule.
  static CogVideoXSchedule from_json(const JsonConfig& json);

  /// The share of the clean latents in the variance at `time`; 1 before the first one.
  double alpha(std::int64_t time) const;
  std::int64_t times() const { return static_cast<std::int64_t>(alphas_.size()); }

  /// The times of `steps` evaluations, the last first. Throws EngineError(kUser) unless `steps` is
  /// 1 to times().
  std::vector<std::int64_t> sampling_times(std::int64_t steps) const;
  /// Where a step from `time` leads; below 0 for clean latents.
  std::int64_t next_time(std::int64_t time, std::int64_t steps) const {
    return time - times() / steps;
  }

  /// sqrt(a) clean + sqrt(1 - a) noise, whose raw output approximates sqrt(a) noise -
  /// sqrt(1 - a) clean. clean and noise [B, C, T, H, W], times [B] int64 in 0..times() - 1.
  NoisedLatents noised(const at::Tensor& clean, const at::Tensor& noise,
                       const at::Tensor& times) const;

 private:
  explicit CogVideoXSchedule(std::vector<double> alphas) : alphas_(std::move(alphas)) {}

  std::vector<double> alphas_;
};

}  // namespace cox::engine
