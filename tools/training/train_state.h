#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace cox::engine {

/// The settings of one optimizer step.
struct StepSettings {
  double learning_rate = 0;
  double weight_decay = 0;
  double max_gradient_norm = 1;  ///< of all gradients together
  double average_decay = 0.999;  ///< of the moving average of the parameters
};

/// One line of the loss curve.
struct CurvePoint {
  int64_t step = 0;  ///< steps done
  double loss = 0;   ///< mean since the last point
  double seconds = 0;
};

/// Options that stay fixed from the first step of a run to its last, by name (`seed`). The
/// checkpoint holds them.
using FixedOptions = std::map<std::string, std::string>;

/// The state of a training run, except its data: fp32 parameters, AdamW's moments, the moving
/// average, the step count and the loss curve. Saved whole and atomically, so that an interrupted
/// run resumes from its last checkpoint with the same results. Owned by one thread.
class TrainState {
 public:
  /// Starts from fp32 weights. `stage` names what is trained; it and `fixed` are checked on load.
  static TrainState start(const std::string& stage,
                          const std::map<std::string, at::Tensor>& weights, at::Device device,
                          const FixedOptions& fixed = {});
  /// Throws EngineError(kUser) if the file's stage differs, its shapes differ from `weights`, or it
  /// has another value for one of `fixed`. Accepts an older checkpoint without these values.
  static TrainState load(const std::string& path, const std::string& stage,
                         const std::map<std::string, at::Tensor>& weights, at::Device device,
                         const FixedOptions& fixed = {});
  void save(const std::string& path) const;

  int64_t step() const { return step_; }
  const std::vector<std::string>& names() const { return names_; }
  /// Returns the leaves that require gradients, in the order of names().
  const std::vector<at::Tensor>& parameters() const { return parameters_; }
  at::Tensor parameter(const std::string& name) const;
  /// Returns the moving average, by name: the weights to use.
  std::map<std::string, at::Tensor> average() const;
  const std::vector<CurvePoint>& curve() const { return curve_; }
  void add_to_curve(double loss, double seconds) { curve_.push_back({step_, loss, seconds}); }

  /// AdamW (betas 0.9, 0.95, eps 1e-8) on clipped gradients, then the average. Returns the
  /// gradient norm before clipping.
  at::Tensor apply(std::vector<at::Tensor> gradients, const StepSettings& settings);

 private:
  std::string stage_;
  FixedOptions fixed_;
  std::vector<std::string> names_;  ///< sorted
  std::vector<at::Tensor> parameters_, first_moments_, second_moments_, averages_, step_counts_;
  int64_t step_ = 0;
  std::vector<CurvePoint> curve_;
};

/// Returns a rate that rises linearly from 0 over `warmup` steps, then follows a cosine from `peak`
/// to `last` at step `total`.
double scheduled_rate(int64_t step, int64_t warmup, int64_t total, double peak, double last);

}  // namespace cox::engine
