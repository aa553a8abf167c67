#include "engine/backbones/sourced_factory.h"

#include <ATen/Context.h>
#include <ATen/ops/randn.h>

#include <cmath>
#include <map>

#include "base/text.h"
#include "engine/tensors/torch.h"

namespace cox::engine {
namespace {

bool is_gain(const std::string& name) {
  return ends_with(name, ".scale") ||
         (ends_with(name, ".weight") && name.find("norm") != std::string::npos);
}

}  // namespace

WeightSource random_weight_source(std::vector<ExpectedTensor> wanted, uint64_t seed,
                                  at::Device device, at::ScalarType dtype) {
  at::Generator generator = at::globalContext().defaultGenerator(device).clone();
  generator.set_current_seed(seed);
  std::map<std::string, std::vector<int64_t>> shapes;
  for (ExpectedTensor& tensor : wanted) shapes.emplace(tensor.name, std::move(tensor.shape));
  return WeightSource::given([generator, shapes, device, dtype](const std::string& name) {
    const at::TensorOptions options = at::device(device).dtype(dtype);
    const std::vector<int64_t>& shape = shapes.at(name);
    if (shape.size() == 1) {
      return is_gain(name) ? at::ones(shape, options) : at::zeros(shape, options);
    }
    double fan_in = 1;
    for (size_t i = 1; i < shape.size(); ++i) fan_in *= static_cast<double>(shape[i]);
    // Drawn in fp32, so that both precisions get the same model.
    return at::randn(shape, generator, options.dtype(at::kFloat)).div_(std::sqrt(fan_in)).to(dtype);
  });
}

}  // namespace cox::engine
