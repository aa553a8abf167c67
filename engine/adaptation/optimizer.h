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
  double momentum = 0;         ///< SGD only, in [0, 1)
};

/// Returns the rate of 0-based step k: lr (k+1)/W for k < W, then lr.
double warmed_up_rate(const OptimizerSettings& settings, int step);

/// The optimizer's state for a group, besides values and gradients.
std::int64_t optimizer_state_bytes(const OptimizerSettings& settings, const ParameterGroup& group);

/// The update rule for the tensors of one group.
class UpdateRule {
 public:
  virtual ~UpdateRule() = default;
  /// Updates the group's tensor `index` with its clipped gradient, of the tensor's dtype, after
  /// `step` steps.
  virtual void update(size_t index, const at::Tensor& value, const at::Tensor& gradient,
                      double rate, int step) = 0;
  /// Returns the state that the next update depends on besides its arguments, in a fixed order: the
  /// rule's own tensors, not copies.
  virtual std::vector<at::Tensor> state() const = 0;
};

/// Updates trained tensors by their gradients, with AdamW (Loshchilov and Hutter, arXiv 1711.05101)
/// or SGD as defined in torch.optim. Implemented here to support bf16 values and to clip each group
/// separately. Arithmetic is in the value's dtype, so bf16 values lose updates below half an ulp;
/// fp32 masters do not. Owned by one thread.
class Optimizer {
 public:
  /// `settings` has one entry for each member of the groups. With `clip_together` all groups are
  /// clipped by one joint norm, to the first member's max_grad_norm.
  Optimizer(std::vector<OptimizerSettings> settings, std::vector<ParameterGroup> groups,
            bool clip_together = false);

  /// Clips, updates every value and frees the gradients. Returns each group's norm before clipping,
  /// or the joint norm of all groups. Updates nothing if a norm is not finite.
  std::vector<double> step();

  int steps_done() const { return steps_done_; }
  /// Returns the state that the next step depends on besides the values, the gradients and
  /// steps_done, in a fixed order: the optimizer's own tensors, not copies.
  std::vector<at::Tensor> state() const;
  /// Resets to the state before the first step. Every rule starts with zeros.
  void restart();
  /// Resumes after `steps_done` steps from a copy of state() at that step.
  void resume(int steps_done, const std::vector<at::Tensor>& state);

 private:
  std::vector<double> norms() const;
  void update(std::size_t group, double norm, bool is_finite);

  std::vector<OptimizerSettings> settings_;
  std::vector<ParameterGroup> groups_;
  std::vector<std::unique_ptr<UpdateRule>> rules_;  ///< of each group
  bool clip_together_;
  int steps_done_ = 0;
};

/// Returns an optimizer for one method.
std::unique_ptr<Optimizer> make_optimizer(const OptimizerSettings& settings,
                                          const std::vector<ParameterGroup>& groups);

}  // namespace cox::engine
