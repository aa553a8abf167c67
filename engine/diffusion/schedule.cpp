#include "engine/diffusion/schedule.h"

#include <fmt/format.h>

#include <ATen/ops/tensor.h>

#include <cmath>
#include <vector>

#include "engine/checkpoint/json_config.h"
#include "engine/tensors/error.h"
#include "record/noise_levels.h"

namespace cox::engine {
namespace {

/// The largest shift of a model's schedule: beyond it every noise level except the last is about 1.
constexpr double kLargestShift = 1e6;

/// The levels before the shift, in fp32 one at a time: the last bit of tensor operations depends on
/// the processor's vector width.
std::vector<float> distilled_levels(int64_t steps) {
  std::vector<float> levels;
  for (int64_t i = 0; i < steps; ++i) {
    const auto index = static_cast<int64_t>(static_cast<double>(i) * kDistilledLevels /
                                            static_cast<double>(steps));
    levels.push_back(static_cast<float>((kDistilledLevels - index) * 20) / 1000.0f);
  }
  return levels;
}

/// From 1 to 0.001, rounded as torch.linspace does: each half is counted from its own end, with a
/// fused multiply-add.
std::vector<float> uniform_levels(int64_t steps) {
  constexpr float kFirst = 1.0f, kLast = 0.001f;
  if (steps == 1) return {kFirst};
  const float step = (kLast - kFirst) / static_cast<float>(steps - 1);
  std::vector<float> levels;
  for (int64_t i = 0; i < steps; ++i) {
    levels.push_back(i < steps / 2 ? std::fma(step, static_cast<float>(i), kFirst)
                                   : std::fma(-step, static_cast<float>(steps - 1 - i), kLast));
  }
  return levels;
}

/// shift u / (1 + (shift - 1) u), every operation rounded to fp32.
float shifted(float u, double shift) {
  const float denominator = 1.0f + static_cast<float>(shift - 1) * u;
  return static_cast<float>(shift) * u / denominator;
}

/// Keeps timesteps above 500 and appends 500, 450, ..., 50.
std::vector<float> with_uniform_tail(const std::vector<float>& timesteps) {
  constexpr float kTailStart = 500;
  std::vector<float> kept;
  for (const float timestep : timesteps) {
    if (timestep > kTailStart) kept.push_back(timestep);
  }
  for (int64_t i = 0; i < kTailLevels; ++i) {
    kept.push_back(kTailStart - static_cast<float>(i) * (kTailStart / kTailLevels));
  }
  return kept;
}

}  // namespace

Schedule make_schedule(const ScheduleOptions& options) {
  if (options.steps < 1)
    throw user_error(fmt::format("steps: expected at least 1, got {}", options.steps));
  if (!(options.shift > 0)) {
    throw user_error(fmt::format("shift: expected a positive number, got {}", options.shift));
  }
  if (options.distill && options.steps > kDistilledLevels) {
    throw user_error(fmt::format("steps: a distilled schedule has {} noise levels, got {}",
                                 kDistilledLevels, options.steps));
  }
  std::vector<float> sigmas, timesteps;
  for (const float level :
       options.distill ? distilled_levels(options.steps) : uniform_levels(options.steps)) {
    sigmas.push_back(shifted(level, options.shift));
    timesteps.push_back(sigmas.back() * kTimestepsPerSigma);
  }
  if (options.enhance_hf) {
    timesteps = with_uniform_tail(timesteps);
    sigmas.clear();
    for (const float timestep : timesteps) sigmas.push_back(timestep / kTimestepsPerSigma);
  }
  sigmas.push_back(0);
  return {at::tensor(sigmas, at::kFloat), at::tensor(timesteps, at::kFloat)};
}

double scheduler_shift(const std::string& model_directory) {
  const JsonConfig config = JsonConfig::read(model_directory + "/scheduler/scheduler_config.json");
  for (const char* flag : {"use_dynamic_shifting", "use_karras_sigmas", "use_exponential_sigmas",
                           "use_beta_sigmas", "invert_sigmas", "stochastic_sampling"}) {
    if (config.has(flag) && config.boolean(flag)) {
      throw user_error(fmt::format("{}: '{}' is not supported", config.path(), flag), "bad_config");
    }
  }
  const double shift = config.real("shift");
  if (!(shift > 0 && shift <= kLargestShift)) {
    throw user_error(fmt::format("{}: shift: expected a number above 0 and up to {}, got {}",
                                 config.path(), kLargestShift, shift),
                     "bad_config");
  }
  return shift;
}

}  // namespace cox::engine
