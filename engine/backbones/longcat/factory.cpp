#include "engine/backbones/longcat/factory.h"

#include <ATen/Context.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>

#include <cmath>

#include "base/text.h"
#include "engine/backbones/longcat/transformer.h"

namespace cox::engine::longcat {
namespace {

/// Seeded weights of plausible size, made on the device: for benchmarks and for tests of paths, not
/// reproducible between devices.
Weights random_weights(const Config& config, uint64_t seed, at::Device device,
                       at::ScalarType dtype) {
  at::Generator generator = at::globalContext().defaultGenerator(device).clone();
  generator.set_current_seed(seed);
  const at::TensorOptions options = at::device(device).dtype(dtype);
  Weights weights;
  visit_weights(
      weights, config,
      {[&](const std::string& key, at::Tensor& tensor, const std::vector<int64_t>& shape) {
        const bool gain = shape.size() == 1 && ends_with(key, "norm.weight");
        const double fan_in = shape.size() == 1 ? 0 : static_cast<double>(shape[1]);
        if (gain) {
          tensor = at::ones(shape, options);
        } else if (fan_in == 0) {
          tensor = at::zeros(shape, options);
        } else {
          // Drawn in fp32, so that both precisions get the same model.
          tensor = at::randn(shape, generator, options.dtype(at::kFloat))
                       .div_(std::sqrt(fan_in))
                       .to(dtype);
        }
      }});
  return weights;
}

}  // namespace

std::unique_ptr<Backbone> load_transformer(const std::string& directory, at::Device device,
                                           Precision precision) {
  const Config config = Config::from_json(JsonConfig::read(directory + "/config.json"));
  return std::make_unique<Transformer>(
      config, load_weights(config, Checkpoint::open(directory), device, scalar_type(precision)));
}

std::unique_ptr<Backbone> random_transformer(const JsonConfig& json, uint64_t seed,
                                             at::Device device, Precision precision) {
  const Config config = Config::from_json(json);
  return std::make_unique<Transformer>(
      config, random_weights(config, seed, device, scalar_type(precision)));
}

std::unique_ptr<Backbone> shape_transformer(const JsonConfig& json) {
  const Config config = Config::from_json(json);
  Weights weights;
  visit_weights(weights, config,
                {[](const std::string&, at::Tensor& tensor, const std::vector<int64_t>& shape) {
                  tensor = at::empty(shape, at::TensorOptions(at::kMeta).dtype(at::kFloat));
                }});
  return std::make_unique<Transformer>(config, std::move(weights));
}

}  // namespace cox::engine::longcat
