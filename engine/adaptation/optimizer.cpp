#include "engine/adaptation/optimizer.h"

#include <ATen/ops/linalg_vector_norm.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "base/status.h"
#include "engine/tensors/torch.h"
#include "record/optimizer_state.h"

namespace cox::engine {

namespace {

/// Keeps the division finite for a gradient of zero; the value of torch's clip_grad_norm_.
constexpr double kClipEpsilon = 1e-6;

/// Appends the norm of each tensor's gradient, and one for all those that are divided.
void add_norms(const ParameterGroup& group, std::vector<at::Tensor>& norms) {
  std::vector<at::Tensor> divided;
  Shard shard;
  for (const TrainedTensor& tensor : group.tensors) {
    if (!tensor.gradient().defined()) {
      throw std::logic_error(tensor.name + " is trained, but the loss does not depend on it");
    }
    const at::Tensor norm = at::linalg_vector_norm(tensor.gradient(), 2, {}, false, at::kFloat);
    (tensor.shard.is_whole() ? norms : divided).push_back(norm);
    if (!tensor.shard.is_whole()) shard = tensor.shard;
  }
  if (!divided.empty()) norms.push_back(shard.norm(at::linalg_vector_norm(at::stack(divided))));
}

double joint_norm(const std::vector<at::Tensor>& norms) {
  return at::linalg_vector_norm(at::stack(norms)).item<double>();
}

class Sgd final : public UpdateRule {
 public:
  Sgd(const OptimizerSettings& settings, const ParameterGroup& group) : settings_(settings) {
    if (settings.momentum == 0) return;
    for (const TrainedTensor& tensor : group.tensors) {
      directions_.push_back(at::zeros_like(tensor.value.detach()));
    }
  }

  void update(size_t index, const at::Tensor& value, const at::Tensor& gradient, double rate,
              int) override {
    at::Tensor direction = gradient.add(value, settings_.weight_decay);
    if (settings_.momentum != 0) {
      direction = directions_[index].mul_(settings_.momentum).add_(direction);
    }
    value.sub_(direction, rate);
  }

  std::vector<at::Tensor> state() const override { return directions_; }

 private:
  OptimizerSettings settings_;
  std::vector<at::Tensor> directions_;  ///< of the last step, with momentum
};

class AdamW final : public UpdateRule {
 public:
  AdamW(const OptimizerSettings& settings, const ParameterGroup& group) : settings_(settings) {
    for (const TrainedTensor& tensor : group.tensors) {
      const at::Tensor value = tensor.value.detach();
      moments_.push_back({at::zeros_like(value), at::zeros_like(value)});
    }
  }

  void update(size_t index, const at::Tensor& value, const at::Tensor& gradient, double rate,
              int step) override {
    const Moments& moments = moments_[index];
    const double t = step + 1;
    moments.first.lerp_(gradient, 1 - settings_.beta1);
    moments.second.mul_(settings_.beta2).addcmul_(gradient, gradient, 1 - settings_.beta2);
    const double correction1 = 1 - std::pow(settings_.beta1, t);
    const double correction2 = std::sqrt(1 - std::pow(settings_.beta2, t));
    value.mul_(1 - rate * settings_.weight_decay);
    value.addcdiv_(moments.first, moments.second.sqrt().div_(correction2).add_(settings_.eps),
                   -rate / correction1);
  }

  std::vector<at::Tensor> state() const override {
    std::vector<at::Tensor> state;
    for (const Moments& moments : moments_) {
      state.push_back(moments.first);
      state.push_back(moments.second);
    }
    return state;
  }

 private:
  struct Moments {
    at::Tensor first;
    at::Tensor second;
  };

  OptimizerSettings settings_;
  std::vector<Moments> moments_;
};

std::unique_ptr<UpdateRule> make_rule(const OptimizerSettings& settings,
                                      const ParameterGroup& group) {
  if (settings.name == "sgd") return std::make_unique<Sgd>(settings, group);
  COX_CHECK(settings.name == "adamw", "unknown optimizer '" + settings.name + "'");
  return std::make_unique<AdamW>(settings, group);
}

}  // namespace

std::int64_t optimizer_state_bytes(const OptimizerSettings& settings, const ParameterGroup& group) {
  const std::int64_t kept = optimizer_tensors(settings.name, settings.momentum);
  std::int64_t bytes = 0;
  for (const TrainedTensor& tensor : group.tensors) {
    bytes += kept * static_cast<std::int64_t>(tensor.value.nbytes());
  }
  return bytes;
}

double warmed_up_rate(const OptimizerSettings& settings, int step) {
  if (step >= settings.warmup_steps) return settings.lr;
  return settings.lr * (step + 1) / settings.warmup_steps;
}

Optimizer::Optimizer(std::vector<OptimizerSettings> settings, std::vector<ParameterGroup> groups,
                     bool clip_together)
    : settings_(std::move(settings)), groups_(std::move(groups)), clip_together_(clip_together) {
  for (const ParameterGroup& group : groups_) {
    rules_.push_back(make_rule(settings_.at(group.member), group));
  }
}

std::vector<double> Optimizer::norms() const {
  std::vector<double> norms;
  std::vector<at::Tensor> of_tensors;
  for (const ParameterGroup& group : groups_) {
    add_norms(group, of_tensors);
    if (clip_together_) continue;
    norms.push_back(joint_norm(of_tensors));
    of_tensors.clear();
  }
  if (clip_together_) norms.push_back(joint_norm(of_tensors));
  return norms;
}

std::vector<double> Optimizer::step() {
  const at::NoGradGuard no_grad;
  std::vector<double> all = norms();
  const bool is_finite =
      std::all_of(all.begin(), all.end(), [](double norm) { return std::isfinite(norm); });
  for (std::size_t group = 0; group < groups_.size(); ++group) {
    update(group, clip_together_ ? all.front() : all[group], is_finite);
  }
  ++steps_done_;
  return all;
}

void Optimizer::update(std::size_t group, double norm, bool is_finite) {
  const OptimizerSettings& settings = settings_[groups_[group].member];
  const double max_norm = (clip_together_ ? settings_.front() : settings).max_grad_norm;
  const double scale = std::min(1.0, max_norm / (norm + kClipEpsilon));
  const double rate = warmed_up_rate(settings, steps_done_);
  std::vector<TrainedTensor>& tensors = groups_[group].tensors;
  for (std::size_t index = 0; index < tensors.size(); ++index) {
    at::Tensor gradient = std::exchange(tensors[index].gradient(), at::Tensor());
    if (!is_finite) continue;
    const at::Tensor value = tensors[index].value.detach();
    gradient = gradient.to(value.scalar_type()).mul_(scale);
    rules_[group]->update(index, value, gradient, rate, steps_done_);
  }
}

std::vector<at::Tensor> Optimizer::state() const {
  std::vector<at::Tensor> state;
  for (const auto& rule : rules_) {
    for (const at::Tensor& tensor : rule->state()) state.push_back(tensor);
  }
  return state;
}

void Optimizer::restart() {
  const at::NoGradGuard no_grad;
  for (const at::Tensor& tensor : state()) tensor.zero_();
  steps_done_ = 0;
}

void Optimizer::resume(int steps_done, const std::vector<at::Tensor>& state) {
  const at::NoGradGuard no_grad;
  const std::vector<at::Tensor> own = this->state();
  COX_CHECK(own.size() == state.size(), "state belongs to another optimizer");
  for (size_t i = 0; i < own.size(); ++i) own[i].copy_(state[i]);
  steps_done_ = steps_done;
}

std::unique_ptr<Optimizer> make_optimizer(const OptimizerSettings& settings,
                                          const std::vector<ParameterGroup>& groups) {
  return std::make_unique<Optimizer>(std::vector{settings}, groups);
}

}  // namespace cox::engine
