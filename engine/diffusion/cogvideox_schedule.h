#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "engine/checkpoint/json_config.h"
#include "engine/diffusion/noise_rule.h"

namespace cox::engine {

/// CogVideoX's noise levels: a scaled-linear schedule of 1000 times with a shifted signal-to-noise
/// ratio, rescaled to 0 at the last time. Source: CogVideoXDDIMScheduler of
/// huggingface/diffusers.
class CogVideoXSchedule {
 public:
  /// Reads scheduler/scheduler_config.json. Throws EngineError(kUser) that names file and key for a
  /// missing entry or an unsupported schedule.
  static CogVideoXSchedule from_json(const JsonConfig& json);

  /// Returns the clean latents' share of the variance at `time`; 1 for times below 0.
  double alpha(std::int64_t time) const;
  std::int64_t times() const { return static_cast<std::int64_t>(alphas_.size()); }

  /// Returns the times of `steps` evaluations in descending order. Throws EngineError(kUser) unless
  /// `steps` is 1 to times().
  std::vector<std::int64_t> sampling_times(std::int64_t steps) const;
  /// Returns the time after a step from `time`; negative for clean latents.
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
