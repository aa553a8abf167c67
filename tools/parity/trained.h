#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/adaptation/method.h"
#include "tools/parity/parity_job.h"

namespace cox::engine {

/// One of our methods, with its tensors under the contract's names.
struct ParityKind {
  std::string method;
  Parameters parameters;
  /// Tensors NAME.0, NAME.1, ... are the rows of a single input NAME; otherwise each tensor has its
  /// own input.
  bool stacked = false;
};

/// Returns the method named by parameter `kind`, applied to a transformer with the values of the
/// request's `param.` tensors. Throws EngineError(kUser) for a kind that the transformer does not
/// support.
class Trained {
 public:
  Trained(ParityJob& job, std::unique_ptr<Backbone> backbone);

  const Backbone& backbone() const { return *backbone_; }
  const Adapter& adapter() const { return adaptation_->adapter(); }
  std::vector<ParameterGroup> groups() const { return adaptation_->groups(); }

  /// Returns trained values, or their gradients, by the contract's names without a prefix. The
  /// gradient of an unused tensor is 0.
  TensorMap collect(bool gradients) const;

 private:
  std::vector<TrainedTensor> tensors() const { return adaptation_->groups().at(0).tensors; }
  std::unique_ptr<Adaptation> attach(ParityJob& job);
  std::string contract_name(const TrainedTensor& tensor) const;
  void set_stacked(ParityJob& job);
  void set_values(ParityJob& job);
  at::Tensor stored(const std::string& name) const;

  std::unique_ptr<Backbone> backbone_;
  VideoRandom random_;
  ParityKind kind_;
  std::unique_ptr<Adaptation> adaptation_;
  std::map<std::string, std::vector<int64_t>> stacked_shapes_;  ///< of the inputs, by their names
};

/// Runs the backward pass and writes `loss` and `grad.NAME`.
void write_loss_and_gradients(ParityJob& job, const Trained& trained, const at::Tensor& loss);

}  // namespace cox::engine
