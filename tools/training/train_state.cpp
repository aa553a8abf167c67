#include "tools/training/train_state.h"

#include <fmt/format.h>

#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_lerp.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/_fused_adamw.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>

#include "engine/checkpoint/safetensors.h"
#include "engine/tensors/error.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

constexpr double kBeta1 = 0.9;
constexpr double kBeta2 = 0.95;
constexpr double kEpsilon = 1e-8;

constexpr const char* kParameters = "parameters.";
constexpr const char* kFirstMoments = "first_moments.";
constexpr const char* kSecondMoments = "second_moments.";
constexpr const char* kAverages = "averages.";
/// Prefix of the names of options that a run keeps.
const std::string kFixed = "option.";

std::string curve_text(const std::vector<CurvePoint>& curve) {
  nlohmann::json points = nlohmann::json::array();
  for (const CurvePoint& point : curve) points.push_back({point.step, point.loss, point.seconds});
  return points.dump();
}

/// Throws for content that save() never writes.
[[noreturn]] void refuse_entry(const std::string& path, const char* key, const std::string& text) {
  throw user_error(
      fmt::format(
          "{}: the training checkpoint's '{}' is damaged: '{}'; delete the file to start over",
          path, key, text),
      "bad_safetensors");
}

int64_t read_step(const std::string& path, const std::string& text) {
  int64_t step = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), step);
  if (error != std::errc() || end != text.data() + text.size() || step < 0) {
    refuse_entry(path, "step", text);
  }
  return step;
}

std::vector<CurvePoint> read_curve(const std::string& path, const std::string& text) {
  std::vector<CurvePoint> curve;
  try {
    for (const auto& point : nlohmann::json::parse(text)) {
      curve.push_back({point.at(0), point.at(1), point.at(2)});
    }
  } catch (const nlohmann::json::exception&) {
    refuse_entry(path, "curve", text);
  }
  return curve;
}

void check_fixed(const Checkpoint& file, const FixedOptions& fixed) {
  for (const auto& [name, value] : fixed) {
    const auto saved = file.metadata().find(kFixed + name);
    if (saved == file.metadata().end() || saved->second == value) continue;
    throw user_error(
        fmt::format("{}: training was started with --{} {}, got {}; use the same value, "
                    "or another --work folder for a new training",
                    file.path(), name, saved->second, value),
        "usage");
  }
}

}  // namespace

TrainState TrainState::start(const std::string& stage,
                             const std::map<std::string, at::Tensor>& weights, at::Device device,
                             const FixedOptions& fixed) {
  const at::NoGradGuard no_grad;
  TrainState state;
  state.stage_ = stage;
  state.fixed_ = fixed;
  for (const auto& [name, stored] : weights) {
    const at::Tensor weight = stored.to(device, at::kFloat, /*non_blocking=*/false, /*copy=*/true);
    state.names_.push_back(name);
    state.first_moments_.push_back(at::zeros_like(weight));
    state.second_moments_.push_back(at::zeros_like(weight));
    state.averages_.push_back(weight.clone());
    state.step_counts_.push_back(at::zeros({}, weight.options()));
    state.parameters_.push_back(weight.requires_grad_(true));
  }
  return state;
}

TrainState TrainState::load(const std::string& path, const std::string& stage,
                            const std::map<std::string, at::Tensor>& weights, at::Device device,
                            const FixedOptions& fixed) {
  const Checkpoint file = Checkpoint::open(path);
  const auto entry = [&](const std::string& key) {
    const auto found = file.metadata().find(key);
    if (found == file.metadata().end()) {
      throw user_error(
          fmt::format("{}: not a training checkpoint: its metadata has no '{}'", path, key));
    }
    return found->second;
  };
  if (entry("stage") != stage) {
    throw user_error(fmt::format(
        "{}: checkpoint of stage '{}', expected '{}'; use another --work folder or delete the file",
        path, entry("stage"), stage));
  }
  check_fixed(file, fixed);
  TrainState state = start(stage, weights, device, fixed);
  const at::NoGradGuard no_grad;
  for (size_t i = 0; i < state.names_.size(); ++i) {
    const auto fill = [&](const char* kind, at::Tensor& target) {
      const at::Tensor saved = file.load(kind + state.names_[i], device);
      if (saved.sizes() != target.sizes()) {
        throw user_error(
            fmt::format("{}: '{}' differs in shape from the model; the training was started on a "
                        "model of other dimensions",
                        path, state.names_[i]));
      }
      target.copy_(saved);
    };
    fill(kParameters, state.parameters_[i]);
    fill(kFirstMoments, state.first_moments_[i]);
    fill(kSecondMoments, state.second_moments_[i]);
    fill(kAverages, state.averages_[i]);
  }
  state.step_ = read_step(path, entry("step"));
  for (at::Tensor& count : state.step_counts_) count.fill_(static_cast<double>(state.step_));
  state.curve_ = read_curve(path, entry("curve"));
  return state;
}

void TrainState::save(const std::string& path) const {
  std::map<std::string, at::Tensor> tensors;
  for (size_t i = 0; i < names_.size(); ++i) {
    tensors[kParameters + names_[i]] = parameters_[i].detach();
    tensors[kFirstMoments + names_[i]] = first_moments_[i];
    tensors[kSecondMoments + names_[i]] = second_moments_[i];
    tensors[kAverages + names_[i]] = averages_[i];
  }
  for (auto& [name, tensor] : tensors) tensor = tensor.cpu();
  std::map<std::string, std::string> metadata = {
      {"stage", stage_}, {"step", std::to_string(step_)}, {"curve", curve_text(curve_)}};
  for (const auto& [name, value] : fixed_) metadata[kFixed + name] = value;
  save_safetensors(path, tensors, metadata);
}

at::Tensor TrainState::parameter(const std::string& name) const {
  const auto found = std::lower_bound(names_.begin(), names_.end(), name);
  if (found == names_.end() || *found != name)
    throw user_error(fmt::format("unknown trained tensor '{}'", name));
  return parameters_[static_cast<size_t>(found - names_.begin())];
}

std::map<std::string, at::Tensor> TrainState::average() const {
  std::map<std::string, at::Tensor> named;
  for (size_t i = 0; i < names_.size(); ++i) named[names_[i]] = averages_[i];
  return named;
}

at::Tensor TrainState::apply(std::vector<at::Tensor> gradients, const StepSettings& settings) {
  const at::NoGradGuard no_grad;
  const at::Tensor norm = at::stack(at::_foreach_norm(gradients)).norm();
  at::_foreach_mul_(gradients, (settings.max_gradient_norm / (norm + 1e-6)).clamp_max(1));
  at::_foreach_add_(step_counts_, 1);
  at::_fused_adamw_(parameters_, gradients, first_moments_, second_moments_, {}, step_counts_,
                    settings.learning_rate, kBeta1, kBeta2, settings.weight_decay, kEpsilon,
                    /*amsgrad=*/false, /*maximize=*/false);
  // Follows faster in the first steps, so that the initial weights lose their influence.
  const double young = (1.0 + static_cast<double>(step_)) / (10.0 + static_cast<double>(step_));
  at::_foreach_lerp_(averages_, parameters_, 1 - std::min(settings.average_decay, young));
  ++step_;
  return norm;
}

double scheduled_rate(int64_t step, int64_t warmup, int64_t total, double peak, double last) {
  if (step < warmup) return peak * static_cast<double>(step + 1) / static_cast<double>(warmup);
  const double done = std::min(1.0, static_cast<double>(step - warmup) /
                                        static_cast<double>(std::max<int64_t>(1, total - warmup)));
  return last + (peak - last) * 0.5 * (1 + std::cos(std::numbers::pi * done));
}

}  // namespace cox::engine
