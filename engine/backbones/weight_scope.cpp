#include "engine/backbones/weight_scope.h"

#include <ATen/Context.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace cox::engine {

namespace {

bool contains_any(const std::string& key, const std::vector<std::string>& parts) {
  return std::any_of(parts.begin(), parts.end(),
                     [&](const std::string& part) { return key.find(part) != std::string::npos; });
}

}  // namespace

WeightVisitor list_weights(std::vector<ExpectedTensor>& expected) {
  return {[&expected](const std::string& key, at::Tensor&, std::vector<int64_t> shape) {
    expected.push_back({key, std::move(shape)});
  }};
}

WeightVisitor load_weights_from(const Checkpoint& checkpoint, at::Device device,
                                at::ScalarType dtype, std::vector<std::string> wide) {
  return {[&checkpoint, device, dtype, wide = std::move(wide)](
              const std::string& key, at::Tensor& tensor, const std::vector<int64_t>&) {
    tensor = load_weight(checkpoint, key, device, contains_any(key, wide) ? at::kFloat : dtype);
  }};
}

WeightVisitor take_weights(GivenWeight weight, at::ScalarType dtype,
                           std::vector<std::string> wide) {
  return {[weight = std::move(weight), dtype, wide = std::move(wide)](
              const std::string& key, at::Tensor& tensor, const std::vector<int64_t>&) {
    tensor = contains_any(key, wide) ? weight(key) : weight(key).to(dtype);
  }};
}

WeightVisitor draw_weights(uint64_t seed, at::Device device, at::ScalarType dtype) {
  at::Generator generator = at::globalContext().defaultGenerator(device).clone();
  generator.set_current_seed(seed);
  const at::TensorOptions options = at::device(device).dtype(dtype);
  return {[generator, options, dtype](const std::string& key, at::Tensor& tensor,
                                      const std::vector<int64_t>& shape) {
    const bool gain = shape.size() == 1 && ends_with(key, ".weight");
    const double fan_in = shape.size() == 1 ? 0 : static_cast<double>(shape[1]);
    if (gain) {
      tensor = at::ones(shape, options);
    } else if (fan_in == 0) {
      tensor = at::zeros(shape, options);
    } else {
      // Drawn in fp32, so that both precisions get the same model.
      tensor =
          at::randn(shape, generator, options.dtype(at::kFloat)).div_(std::sqrt(fan_in)).to(dtype);
    }
  }};
}

WeightVisitor declare_weights() {
  return {[](const std::string&, at::Tensor& tensor, const std::vector<int64_t>& shape) {
    tensor = at::empty(shape, at::TensorOptions(at::kMeta).dtype(at::kFloat));
  }};
}

at::Tensor adapted_linear(const Adapter& adapter, const Linear& layer, const at::Tensor& x) {
  return adapter.linear(layer.site, x, adapter.product(layer, x));
}

at::Tensor adapted_gelu_linear(const Adapter& adapter, const Linear& layer, const at::Tensor& x) {
  if (adapter.leaves_product(layer.site)) return gelu_linear(layer, x);
  return at::gelu(adapted_linear(adapter, layer, x), "tanh");
}

at::Tensor adapted_norm(const Adapter& adapter, const NormParameter& parameter) {
  return adapter.norm_parameter(parameter.site, parameter.value);
}

}  // namespace cox::engine
