#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/adaptation/method.h"

namespace cox::engine {

struct OptimizerSettings {
  std::string name = "adamw";  ///< `adamw` or `sgd`
  double lr = 0;               ///< after warm-up, from 0
  double beta1 = 0.9;          ///< AdamW only, as are beta2 and eps; in [0, 1)
  double beta2 = 0.999;        ///< in [0, 1)
  double eps = 0;              ///< above 0, added to AdamW's denominator
  double weight_decay = 0;     ///< from 0. AdamW: decoupled; SGD: added to the gradient
  double max_grad_norm = 0;    ///< above 0; each group's gradient is scaled down to this joint norm
  int warmup_steps = 0;        ///< from 0; 0 is none
};

/// Returns the rate of 0-based step k: lr (k+1)/W for k < W, then lr.
double warmed_up_rate(const OptimizerSettings& settings, int step);

/// Updates trained tensors by their gradients, with AdamW (Loshchilov and Hutter, arXiv 1711.05101)
/// or SGD as torch.optim has them; our own because of bf16 values and because each group is clipped
/// by itself. Arithmetic is in the value's dtype, so bf16 values lose updates below half an ulp;
/// fp32 masters do not. Owned by one thread.
class Optimizer {
 public:
  Optimizer(OptimizerSettings settings, std::vector<ParameterGroup> groups);
  virtual ~Optimizer() = default;

  /// Clips, updates every value and frees the gradients. Returns each group's norm before clipping.
  /// A norm that is not finite updates nothing.
  std::vector<double> step();

  int steps_done() const { return steps_done_; }
  /// What the next step depends on besides the values, the gradients and steps_done, in a fixed
  /// order: the optimizer's own tensors, not copies.
  virtual std::vector<at::Tensor> state() const = 0;
  /// Continues after `steps_done` steps from a copy of what state() was then.
  void resume(int steps_done, const std::vector<at::Tensor>& state);

 protected:
  /// Moves `tensors[index]` (counted over all groups) along its clipped gradient, of its dtype.
  virtual void update(size_t index, const at::Tensor& value, const at::Tensor& gradient,
                      double rate) = 0;
  const OptimizerSettings& settings() const { return settings_; }

 private:
  OptimizerSettings settings_;
  std::vector<ParameterGroup> groups_;
  int steps_done_ = 0;
};

std::unique_ptr<Optimizer> make_optimizer(const OptimizerSettings& settings,
                                          const std::vector<ParameterGroup>& groups);

}  // namespace cox::engine
