#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "engine/checkpoint/safetensors.h"
#include "engine/checkpoint/weight_map.h"

namespace cox::engine {

/// Supplies the weights to a network's constructor. Names and shapes are written once, in the
/// constructors: with a declaring source they list what a checkpoint must hold and allocate
/// nothing; with a loading source they read it.
class WeightSource {
 public:
  /// take() records the tensor and returns one on the meta device.
  static WeightSource declaring(at::ScalarType dtype) {
    return WeightSource(nullptr, at::kMeta, dtype);
  }
  /// take() reads the tensor, which must be finite. The checkpoint must outlive the source and have
  /// passed check_keys.
  static WeightSource loading(const Checkpoint& checkpoint, at::Device device,
                              at::ScalarType dtype) {
    return WeightSource(&checkpoint, device, dtype);
  }

  /// take() returns `weight(name)`: a trainer's tensors, so that gradients reach them.
  static WeightSource given(std::function<at::Tensor(const std::string&)> weight) {
    WeightSource source(nullptr, at::kCPU, at::kFloat);
    source.given_ = std::move(weight);
    return source;
  }

  at::Tensor take(const std::string& name, const std::vector<int64_t>& shape);

  /// Returns all tensors taken so far, in order.
  const std::vector<ExpectedTensor>& taken() const { return taken_; }

 private:
  WeightSource(const Checkpoint* checkpoint, at::Device device, at::ScalarType dtype)
      : checkpoint_(checkpoint), device_(device), dtype_(dtype) {}

  const Checkpoint* checkpoint_;
  at::Device device_;
  at::ScalarType dtype_;
  std::function<at::Tensor(const std::string&)> given_;
  std::vector<ExpectedTensor> taken_;
};

/// Returns the tensors that a `Network` of this configuration takes. Allocates nothing.
template <typename Network, typename Config>
std::vector<ExpectedTensor> declared_tensors(const Config& config) {
  WeightSource wanted = WeightSource::declaring(at::kFloat);
  Network(config, wanted);
  return wanted.taken();
}

/// Throws EngineError(kUser) unless the checkpoint holds exactly the tensors that a `Network` of
/// this configuration takes. `model` names it in messages. Loads nothing.
template <typename Network, typename Config>
void check_network(const Config& config, const Checkpoint& checkpoint, const std::string& model) {
  check_keys(checkpoint, declared_tensors<Network>(config), model);
}

/// Builds `Network(config, source)` from the weights at `path` after a strict check of their keys.
/// `model` names it in messages.
template <typename Network, typename Config>
Network load_network(const Config& config, const std::string& path, const std::string& model,
                     at::ScalarType dtype, at::Device device) {
  const Checkpoint checkpoint = Checkpoint::open(path);
  check_network<Network>(config, checkpoint, model);
  WeightSource stored = WeightSource::loading(checkpoint, device, dtype);
  return Network(config, stored);
}

}  // namespace cox::engine
