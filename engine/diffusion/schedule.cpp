#include "engine/diffusion/schedule.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/zeros.h>

#include "base/text.h"
#include "engine/checkpoint/json_config.h"
#include "engine/tensors/error.h"

namespace cox::engine {
namespace {

constexpr double kTimestepsPerSigma = 1000.0;
/// Of a model's schedule: far beyond any, and every noise level but the last is about 1.
constexpr double kLargestShift = 1e6;

/// The distilled model knows the levels 1, 0.98, ..., 0.02.
constexpr int64_t kDistilledLevels = 50;

/// `steps` of the distilled model's levels, evenly spread.
at::Tensor distilled_sigmas(int64_t steps) {
  at::Tensor sigmas = at::empty({steps}, at::kFloat);
  for (int64_t i = 0; i < steps; ++i) {
    const auto index = static_cast<int64_t>(static_cast<double>(i) * kDistilledLevels /
                                            static_cast<double>(steps));
    const auto timestep = static_cast<float>((kDistilledLevels - index) * 20);
    sigmas[i] = timestep / 1000.0f;
  }
  return sigmas;
}

/// Keeps timesteps above 500 and appends 500, 450, ..., 50.
at::Tensor with_uniform_tail(const at::Tensor& timesteps) {
  constexpr double kTailStart = 500;
  constexpr int64_t kTailSteps = 10;
  const at::Tensor tail =
      kTailStart - at::arange(kTailSteps, at::kFloat) * (kTailStart / kTailSteps);
  return at::cat({timesteps.masked_select(timesteps > kTailStart), tail});
}

}  // namespace

Schedule make_schedule(const ScheduleOptions& options) {
  if (options.steps < 1)
    throw user_error(concat("steps: expected at least 1, got ", options.steps));
  if (!(options.shift > 0)) {
    throw user_error(concat("shift: expected a positive number, got ", options.shift));
  }
  if (options.distill && options.steps > kDistilledLevels) {
    throw user_error(concat("steps: a distilled schedule has ", kDistilledLevels,
                            " noise levels, got ", options.steps));
  }
  const at::Tensor uniform = options.distill ? distilled_sigmas(options.steps)
                                             : at::linspace(1, 0.001, options.steps, at::kFloat);
  at::Tensor sigmas = options.shift * uniform / (1 + (options.shift - 1) * uniform);
  at::Tensor timesteps = sigmas * kTimestepsPerSigma;
  if (options.enhance_hf) {
    timesteps = with_uniform_tail(timesteps);
    sigmas = timesteps / kTimestepsPerSigma;
  }
  return {at::cat({sigmas, at::zeros({1})}), timesteps};
}

double scheduler_shift(const std::string& model_directory) {
  const JsonConfig config = JsonConfig::read(model_directory + "/scheduler/scheduler_config.json");
  for (const char* flag : {"use_dynamic_shifting", "use_karras_sigmas", "use_exponential_sigmas",
                           "use_beta_sigmas", "invert_sigmas", "stochastic_sampling"}) {
    if (config.has(flag) && config.boolean(flag)) {
      throw user_error(concat(config.path(), ": '", flag, "' is not supported"), "bad_config");
    }
  }
  const double shift = config.real("shift");
  if (!(shift > 0 && shift <= kLargestShift)) {
    throw user_error(concat(config.path(), ": shift: expected a number above 0 and up to ",
                            kLargestShift, ", got ", shift),
                     "bad_config");
  }
  return shift;
}

}  // namespace cox::engine
