#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/adaptation/method.h"
#include "tools/parity/parity_job.h"

namespace cox::engine {

/// A method of ours under the contract's names.
struct ParityKind {
  std::string method;
  Parameters parameters;
  std::string stacked;  ///< the one input whose rows are the trained tensors; "" = one input each
};

/// The method of parameter `kind`, in place on a transformer, with the values of the request's
/// `param.` tensors. Throws EngineError(kUser) for a kind that the transformer cannot serve.
class Trained {
 public:
  Trained(ParityJob& job, std::unique_ptr<Backbone> backbone);

  const Backbone& backbone() const { return *backbone_; }
  const Adapter& adapter() const { return adaptation_->adapter(); }
  std::vector<ParameterGroup> groups() const { return adaptation_->groups(); }

  /// Trained values, or their gradients, by the contract's names without a prefix. The gradient of
  /// what no block uses is 0.
  TensorMap collect(bool gradients) const;

 private:
  std::vector<TrainedTensor> tensors() const { return adaptation_->groups().at(0).tensors; }
  std::unique_ptr<Adaptation> attach(ParityJob& job);
  void set_values(ParityJob& job);
  at::Tensor stored(const std::string& name) const;

  std::unique_ptr<Backbone> backbone_;
  VideoRandom random_;
  ParityKind kind_;
  std::unique_ptr<Adaptation> adaptation_;
  std::vector<int64_t> input_shape_;
};

/// Runs the backward pass and writes `loss` and `grad.NAME`.
void write_loss_and_gradients(ParityJob& job, const Trained& trained, const at::Tensor& loss);

}  // namespace cox::engine
