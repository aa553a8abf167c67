#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/backbones/adapter.h"
#include "engine/checkpoint/weight_map.h"
#include "engine/nn/linear.h"

namespace cox::engine {

/// A normalization parameter that methods may replace.
struct NormParameter {
  at::Tensor value;
  NormSite site = {};
};

using TensorVisitor =
    std::function<void(const std::string& key, at::Tensor& tensor, std::vector<int64_t> shape)>;

/// A backbone writes the names and shapes of its weights once, in a function `visit_weights`. The
/// visitor determines what a visit does: load, draw at random, declare, list. Empty functions are
/// skipped.
struct WeightVisitor {
  TensorVisitor tensor = {};                                ///< every tensor
  std::function<void(Linear& layer)> layer = {};            ///< every linear layer
  std::function<void(NormParameter& parameter)> norm = {};  ///< what an adapter may replace
};

/// Names below one prefix. Visiting a layer or a norm parameter sets its site.
class WeightScope {
 public:
  explicit WeightScope(const WeightVisitor& visit, std::string prefix = "", int block = -1)
      : visit_(visit), prefix_(std::move(prefix)), block_(block) {}

  void tensor(const std::string& name, at::Tensor& tensor, std::vector<int64_t> shape) const {
    if (visit_.tensor) visit_.tensor(prefix_ + name, tensor, std::move(shape));
  }
  void norm(NormKind kind, const std::string& name, NormParameter& parameter, int64_t size) const {
    parameter.site = {kind, prefix_ + name};
    tensor(name, parameter.value, {size});
    if (visit_.norm) visit_.norm(parameter);
  }
  void linear(LinearKind kind, const std::string& name, Linear& layer, int64_t out,
              int64_t in) const {
    weight(kind, name, layer, out, in);
    tensor(name + ".bias", layer.bias, {out});
    if (visit_.layer) visit_.layer(layer);
  }
  void linear_without_bias(LinearKind kind, const std::string& name, Linear& layer, int64_t out,
                           int64_t in) const {
    weight(kind, name, layer, out, in);
    if (visit_.layer) visit_.layer(layer);
  }

 private:
  void weight(LinearKind kind, const std::string& name, Linear& layer, int64_t out,
              int64_t in) const {
    layer.site = {block_, kind, name, prefix_ + name};
    tensor(name + ".weight", layer.weight, {out, in});
  }

  const WeightVisitor& visit_;
  std::string prefix_;
  int block_;
};

/// Records every tensor's key and shape in `expected`, which must outlive the visitor.
WeightVisitor list_weights(std::vector<ExpectedTensor>& expected);

/// Loads each tensor; the checkpoint must outlive the visitor. Tensors whose key contains one
/// of `wide` stay in fp32.
WeightVisitor load_weights_from(const Checkpoint& checkpoint, at::Device device,
                                at::ScalarType dtype, std::vector<std::string> wide = {});

/// Returns what a trainer holds under a checkpoint key.
using GivenWeight = std::function<at::Tensor(const std::string& key)>;

/// Takes each tensor from `weight`, cast to `dtype` within the graph, so that gradients reach it.
/// Tensors whose key contains one of `wide` are not cast.
WeightVisitor take_weights(GivenWeight weight, at::ScalarType dtype,
                           std::vector<std::string> wide = {});

/// Draws seeded weights of plausible size on the device: for benchmarks and for tests of paths, not
/// reproducible between devices.
WeightVisitor draw_weights(uint64_t seed, at::Device device, at::ScalarType dtype);

/// Makes fp32 tensors on the meta device: shapes without data.
WeightVisitor declare_weights();

/// Applies a linear layer with its seam.
at::Tensor adapted_linear(const Adapter& adapter, const Linear& layer, const at::Tensor& x);

/// GELU (tanh) of adapted_linear: in the product's own pass on a GPU where nothing is
/// differentiated and the adapter leaves the product, so that W x + b is not rounded before it.
at::Tensor adapted_gelu_linear(const Adapter& adapter, const Linear& layer, const at::Tensor& x);

/// Returns a stored normalization parameter after its seam.
at::Tensor adapted_norm(const Adapter& adapter, const NormParameter& parameter);

}  // namespace cox::engine
