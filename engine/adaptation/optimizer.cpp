#include "engine/adaptation/optimizer.h"

#include <ATen/ops/linalg_vector_norm.h>

#include <cmath>
#include <stdexcept>
#include <utility>

#include "base/status.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

/// Keeps the division finite for a gradient of zero; the value of torch's clip_grad_norm_.
constexpr double kClipEpsilon = 1e-6;

double joint_norm(const ParameterGroup& group) {
  std::vector<at::Tensor> norms;
  for (const TrainedTensor& tensor : group.tensors) {
    if (!tensor.leaf.grad().defined()) {
      throw std::logic_error(tensor.name + " is trained, but the loss does not depend on it");
    }
    norms.push_back(at::linalg_vector_norm(tensor.leaf.grad(), 2, {}, false, at::kFloat));
  }
  return at::linalg_vector_norm(at::stack(norms)).item<double>();
}

class Sgd final : public Optimizer {
 public:
  using Optimizer::Optimizer;
  std::vector<at::Tensor> state() const override { return {}; }

 private:
  void update(size_t, const at::Tensor& value, const at::Tensor& gradient, double rate) override {
    value.sub_(gradient.add(value, settings().weight_decay), rate);
  }
};

class AdamW final : public Optimizer {
 public:
  AdamW(const OptimizerSettings& settings, const std::vector<ParameterGroup>& groups)
      : Optimizer(settings, groups) {
    for (const ParameterGroup& group : groups) {
      for (const TrainedTensor& tensor : group.tensors) {
        const at::Tensor value = tensor.value.detach();
        moments_.push_back({at::zeros_like(value), at::zeros_like(value)});
      }
    }
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

  void update(size_t index, const at::Tensor& value, const at::Tensor& gradient,
              double rate) override {
    const Moments& moments = moments_[index];
    const double t = steps_done() + 1;
    moments.first.lerp_(gradient, 1 - settings().beta1);
    moments.second.mul_(settings().beta2).addcmul_(gradient, gradient, 1 - settings().beta2);
    const double correction1 = 1 - std::pow(settings().beta1, t);
    const double correction2 = std::sqrt(1 - std::pow(settings().beta2, t));
    value.mul_(1 - rate * settings().weight_decay);
    value.addcdiv_(moments.first, moments.second.sqrt().div_(correction2).add_(settings().eps),
                   -rate / correction1);
  }

  std::vector<Moments> moments_;
};

}  // namespace

double warmed_up_rate(const OptimizerSettings& settings, int step) {
  if (step >= settings.warmup_steps) return settings.lr;
  return settings.lr * (step + 1) / settings.warmup_steps;
}

Optimizer::Optimizer(OptimizerSettings settings, std::vector<ParameterGroup> groups)
    : settings_(std::move(settings)), groups_(std::move(groups)) {}

std::vector<double> Optimizer::step() {
  const at::NoGradGuard no_grad;
  std::vector<double> norms;
  bool finite = true;
  for (const ParameterGroup& group : groups_) {
    norms.push_back(joint_norm(group));
    finite = finite && std::isfinite(norms.back());
  }
  const double rate = warmed_up_rate(settings_, steps_done_);
  size_t index = 0;
  for (size_t g = 0; g < groups_.size(); ++g) {
    const double scale = std::min(1.0, settings_.max_grad_norm / (norms[g] + kClipEpsilon));
    for (TrainedTensor& tensor : groups_[g].tensors) {
      at::Tensor gradient = std::exchange(tensor.leaf.mutable_grad(), at::Tensor());
      if (finite) {
        gradient = gradient.to(tensor.value.scalar_type()).mul_(scale);
        update(index, tensor.value.detach(), gradient, rate);
      }
      ++index;
    }
  }
  ++steps_done_;
  return norms;
}

void Optimizer::resume(int steps_done, const std::vector<at::Tensor>& state) {
  const at::NoGradGuard no_grad;
  const std::vector<at::Tensor> own = this->state();
  COX_CHECK(own.size() == state.size(), "the state of another optimizer");
  for (size_t i = 0; i < own.size(); ++i) own[i].copy_(state[i]);
  steps_done_ = steps_done;
}

std::unique_ptr<Optimizer> make_optimizer(const OptimizerSettings& settings,
                                          const std::vector<ParameterGroup>& groups) {
  if (settings.name == "sgd") return std::make_unique<Sgd>(settings, groups);
  COX_CHECK(settings.name == "adamw", "unknown optimizer '" + settings.name + "'");
  return std::make_unique<AdamW>(settings, groups);
}

}  // namespace cox::engine
