#include "engine/diffusion/cogvideox_schedule.h"

#include <ATen/ops/tensor.h>
#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

#include "engine/checkpoint/config_checks.h"
#include "engine/tensors/error.h"
#include "engine/tensors/shape.h"
#include "engine/tensors/torch.h"

namespace cox::engine {
namespace {

/// Returns the cumulative products of 1 - beta; betas are the squares of equally spaced numbers.
std::vector<double> scaled_linear_alphas(std::int64_t times, double first, double last) {
  const double low = std::sqrt(first), high = std::sqrt(last);
  std::vector<double> alphas;
  double product = 1;
  for (std::int64_t i = 0; i < times; ++i) {
    const double share = times == 1 ? 0 : static_cast<double>(i) / static_cast<double>(times - 1);
    const double root = low + (high - low) * share;
    product *= 1 - root * root;
    alphas.push_back(product);
  }
  return alphas;
}

void shift_ratio(std::vector<double>& alphas, double scale) {
  for (double& a : alphas) a = a / (scale + (1 - scale) * a);
}

/// Shifts and scales the square roots so that the last is 0 and the first is unchanged.
void bring_last_to_zero(std::vector<double>& alphas) {
  const double first = std::sqrt(alphas.front()), last = std::sqrt(alphas.back());
  for (double& a : alphas) {
    const double root = (std::sqrt(a) - last) * first / (first - last);
    a = root * root;
  }
}

}  // namespace

CogVideoXSchedule CogVideoXSchedule::from_json(const JsonConfig& json) {
  require_only(json, "beta_schedule", "scaled_linear");
  require_only(json, "prediction_type", "v_prediction");
  require_only(json, "timestep_spacing", "trailing");
  require_only(json, "set_alpha_to_one", true);
  require_only(json, "clip_sample", false);
  require_only(json, "steps_offset", 0.0);
  require_null(json, "trained_betas");

  const std::int64_t times = positive_integer(json, "num_train_timesteps");
  std::vector<double> alphas = scaled_linear_alphas(times, positive_real(json, "beta_start"),
                                                    positive_real(json, "beta_end"));
  shift_ratio(alphas, positive_real(json, "snr_shift_scale"));
  if (json.boolean("rescale_betas_zero_snr")) {
    require_config(times > 1, json, "'num_train_timesteps': expected at least 2, got 1");
    bring_last_to_zero(alphas);
  }
  return CogVideoXSchedule(std::move(alphas));
}

double CogVideoXSchedule::alpha(std::int64_t time) const {
  return time < 0 ? 1 : alphas_.at(static_cast<std::size_t>(time));
}

std::vector<std::int64_t> CogVideoXSchedule::sampling_times(std::int64_t steps) const {
  if (steps < 1 || steps > times()) {
    throw user_error(fmt::format("steps: expected 1 to {}, got {}", times(), steps), "parameter");
  }
  const double pitch = static_cast<double>(times()) / static_cast<double>(steps);
  std::vector<std::int64_t> chosen;
  for (std::int64_t i = 0; i < steps; ++i) {
    const double time = static_cast<double>(times()) - static_cast<double>(i) * pitch;
    chosen.push_back(static_cast<std::int64_t>(std::nearbyint(time)) - 1);
  }
  return chosen;
}

NoisedLatents CogVideoXSchedule::noised(const at::Tensor& clean, const at::Tensor& noise,
                                        const at::Tensor& chosen) const {
  check_shape(clean, {kAny, kAny, kAny, kAny, kAny}, "clean");
  check_shape(noise, clean.sizes(), "noise");
  check_shape(chosen, {clean.size(0)}, "timestep");
  std::vector<double> kept, added;
  for (std::int64_t i = 0; i < chosen.size(0); ++i) {
    const auto time = chosen[i].item<std::int64_t>();
    if (time < 0 || time >= times()) {
      throw std::invalid_argument(
          fmt::format("timestep: expected 0 to {}, got {}", times() - 1, time));
    }
    kept.push_back(std::sqrt(alpha(time)));
    added.push_back(std::sqrt(1 - alpha(time)));
  }
  const auto each = [&](const std::vector<double>& values) {
    return at::tensor(values, at::kDouble).view({-1, 1, 1, 1, 1}).to(clean.options());
  };
  const at::Tensor a = each(kept), b = each(added);
  return {a * clean + b * noise, chosen.to(at::kFloat).unsqueeze(1), a * noise - b * clean};
}

}  // namespace cox::engine
