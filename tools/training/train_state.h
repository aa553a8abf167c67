#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace cox::engine {

/// What one optimiser step is told.
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

/// Options that a run keeps from its first step to its last, by name (`seed`): its checkpoint holds
/// them.
using FixedOptions = std::map<std::string, std::string>;

/// All that a training run is, besides its data: fp32 parameters, AdamW's moments, the moving
/// average, the step count and the loss curve. Saved whole and atomically, so that an interrupted
/// run goes on from its last checkpoint as if nothing had happened. Owned by one thread.
class TrainState {
 public:
  /// Starts from fp32 weights; `stage` names what is trained and is checked on load, as `fixed` is.
  static TrainState start(const std::string& stage,
                          const std::map<std::string, at::Tensor>& weights, at::Device device,
                          const FixedOptions& fixed = {});
  /// Throws EngineError(kUser) when the file is of another stage or of another shape than
  /// `weights`, or when it names another value of one of `fixed`. A checkpoint that names none is
  /// older than they are and is taken as it is.
  static TrainState load(const std::string& path, const std::string& stage,
                         const std::map<std::string, at::Tensor>& weights, at::Device device,
                         const FixedOptions& fixed = {});
  void save(const std::string& path) const;

  int64_t step() const { return step_; }
  const std::vector<std::string>& names() const { return names_; }
  /// Leaves that require gradients, in the order of names().
  const std::vector<at::Tensor>& parameters() const { return parameters_; }
  at::Tensor parameter(const std::string& name) const;
  /// The moving average, by name: what is worth using.
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

/// Linear from 0 over `warmup` steps, then a cosine from `peak` to `last` at step `total`.
double scheduled_rate(int64_t step, int64_t warmup, int64_t total, double peak, double last);

}  // namespace cox::engine
