#include "engine/diffusion/flow_schedule.h"

#include <fmt/format.h>

#include "engine/tensors/error.h"

namespace cox::engine {
namespace {

constexpr std::int64_t kTrainedLevels = 1000;
/// Largest shift accepted; above it every noise level except the last is about 1.
constexpr double kLargestFlowShift = 1e6;

/// Returns n + 1 numbers from 1 to 1 / 1000, rounded like numpy.linspace.
std::vector<double> clean_shares(std::int64_t steps) {
  const double last = 1.0 / kTrainedLevels;
  const double step = (last - 1.0) / static_cast<double>(steps);
  std::vector<double> shares;
  for (std::int64_t i = 0; i < steps; ++i) shares.push_back(static_cast<double>(i) * step + 1.0);
  shares.push_back(last);
  return shares;
}

void require_supported(const JsonConfig& config) {
  for (const char* flag : {"use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas",
                           "use_dynamic_shifting", "thresholding"}) {
    if (config.has(flag) && config.boolean(flag)) {
      throw user_error(fmt::format("{}: '{}' is not supported", config.path(), flag), "bad_config");
    }
  }
  const auto require_text = [&](const char* key, const std::string& only) {
    if (!config.has(key) || config.text(key) == only) return;
    throw user_error(fmt::format("{}: '{}': only {} is supported, got {}", config.path(), key, only,
                                 config.text(key)),
                     "bad_config");
  };
  require_text("prediction_type", "flow_prediction");
  require_text("final_sigmas_type", "zero");
  if (config.has("num_train_timesteps") &&
      config.integer("num_train_timesteps") != kTrainedLevels) {
    throw user_error(fmt::format("{}: 'num_train_timesteps': only {} is supported", config.path(),
                                 kTrainedLevels),
                     "bad_config");
  }
}

}  // namespace

FlowSchedule make_flow_schedule(std::int64_t steps, double shift) {
  if (steps < 1 || steps > kTrainedLevels) {
    throw user_error(fmt::format("steps: expected 1 to {}, got {}", kTrainedLevels, steps));
  }
  if (!(shift > 0 && shift <= kLargestFlowShift)) {
    throw user_error(fmt::format("shift: expected a number above 0 and up to {}, got {}",
                                 kLargestFlowShift, shift));
  }
  FlowSchedule schedule;
  const std::vector<double> shares = clean_shares(steps);
  for (std::int64_t i = steps; i > 0; --i) {
    const double u = 1.0 - shares[static_cast<std::size_t>(i)];
    const double sigma = shift * u / (1 + (shift - 1) * u);
    schedule.sigmas.push_back(static_cast<float>(sigma));
    schedule.timesteps.push_back(static_cast<std::int64_t>(sigma * kTrainedLevels));
  }
  schedule.sigmas.push_back(0);
  return schedule;
}

double flow_shift(const JsonConfig& config) {
  require_supported(config);
  const double shift = config.real("flow_shift");
  if (!(shift > 0 && shift <= kLargestFlowShift)) {
    throw user_error(fmt::format("{}: 'flow_shift': expected a number above 0 and up to {}, got {}",
                                 config.path(), kLargestFlowShift, shift),
                     "bad_config");
  }
  return shift;
}

}  // namespace cox::engine
