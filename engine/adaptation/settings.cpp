#include "engine/adaptation/settings.h"

#include <fmt/format.h>

namespace cox::engine {

namespace {

/// Optimizers compute in fp32 or bf16, whose largest finite value is this.
constexpr double kLargest = 3.3895313892515355e38;
constexpr RealRange kNotNegative{0, kLargest};
/// Smallest value of a parameter whose schema says `above: 0`.
constexpr RealRange kPositive{std::numeric_limits<double>::denorm_min(), kLargest};
constexpr std::int64_t kMaxSteps = 1'000'000;

OptimizerSettings read_optimizer(ParameterReader& parameters) {
  OptimizerSettings settings;
  settings.name = parameters.choice("optimizer", {"adamw", "sgd"});
  settings.lr = parameters.real("lr", kNotNegative);
  settings.eps = parameters.real("adam_eps", kPositive);
  settings.weight_decay = parameters.real("weight_decay", kNotNegative);
  // AdamW's first step is lr / (1 - beta1), and its decay 1 - lr weight_decay.
  const double largest_rate = kLargest * (1 - settings.beta1);
  if (settings.name == "adamw" && settings.lr > largest_rate) {
    parameters.reject("lr",
                      fmt::format("at most {:g} with adamw, whose first step is divided by {:g}",
                                  largest_rate, 1 - settings.beta1));
  }
  if (settings.lr * settings.weight_decay > kLargest) {
    parameters.reject("weight_decay", fmt::format("a product with lr of at most {:g}", kLargest));
  }
  settings.max_grad_norm = parameters.real("max_grad_norm", kPositive);
  settings.warmup_steps = static_cast<int>(parameters.integer("warmup_steps", 0, kMaxSteps));
  settings.momentum = parameters.real("momentum", {0, 1});
  if (settings.momentum == 1) parameters.reject("momentum", "a number below 1");
  if (settings.name == "adamw" && settings.momentum != 0) {
    parameters.reject("momentum", "0 with adamw, which has averages of its own");
  }
  return settings;
}

MemberSettings read_member(ParameterReader& parameters) {
  MemberSettings settings;
  settings.optimizer = read_optimizer(parameters);
  settings.trained_dtype =
      parameters.choice("param_dtype", {"fp32", "bf16"}) == "fp32" ? at::kFloat : at::kBFloat16;
  return settings;
}

void read_members(const MethodSet& methods, ParameterReader& parameters,
                  AdaptationSettings& settings) {
  settings.members.clear();
  for (std::size_t i = 0; i < methods.members.size(); ++i) {
    const ParameterReader::Member scope(parameters, methods.prefix(i));
    settings.members.push_back(read_member(parameters));
  }
  if (methods.members.size() == 1) return;
  settings.clip_together = parameters.flag("clip_together");
  const double max_norm = settings.members.front().optimizer.max_grad_norm;
  for (const MemberSettings& member : settings.members) {
    if (settings.clip_together && member.optimizer.max_grad_norm != max_norm) {
      parameters.reject("clip_together", "false, or one max_grad_norm for all methods");
    }
  }
}

EarlyStopSettings read_early_stop(ParameterReader& parameters, std::int64_t steps) {
  EarlyStopSettings settings;
  settings.enabled = parameters.flag("early_stop.enabled");
  sharing::StopRule& rule = settings.rule;
  rule.check_every = parameters.integer("early_stop.check_every", 1);
  if (settings.enabled && rule.check_every > steps) {
    parameters.reject("early_stop.check_every",
                      fmt::format("at most steps, {}: no check would follow, and the start "
                                  "state would be kept",
                                  steps));
  }
  rule.patience = parameters.integer("early_stop.patience", 1);
  rule.noise_draws = parameters.integer("early_stop.noise_draws", 1);
  rule.sigmas = parameters.reals("early_stop.sigmas");
  for (const double sigma : rule.sigmas) {
    if (!(sigma > 0 && sigma <= 1)) {
      parameters.reject("early_stop.sigmas", "noise levels above 0 and up to 1");
    }
  }
  if (rule.sigmas.empty()) parameters.reject("early_stop.sigmas", "at least one noise level");
  rule.context = parameters.choice("early_stop.context", {"window_start", "adjacent"}) == "adjacent"
                     ? sharing::CheckContext::kAdjacent
                     : sharing::CheckContext::kWindowStart;
  return settings;
}

}  // namespace

AdaptationSettings read_adaptation_settings(const MethodSet& methods, ParameterReader& parameters) {
  AdaptationSettings settings;
  settings.steps = static_cast<int>(parameters.integer("steps", 1, kMaxSteps));
  read_members(methods, parameters, settings);
  settings.window_frames = parameters.integer("adaptation_window.total_frames", 1);
  settings.context_frames = parameters.integer("adaptation_window.context_frames", 1);
  settings.holdout_fraction = parameters.real("early_stop.holdout_fraction", {0, 1});
  if (settings.holdout_fraction == 1) {
    parameters.reject("early_stop.holdout_fraction", "a fraction below 1");
  }
  settings.early_stop = read_early_stop(parameters, settings.steps);
  settings.random_direction = parameters.choice("direction", {"adapted", "random"}) == "random";
  return settings;
}

}  // namespace cox::engine
