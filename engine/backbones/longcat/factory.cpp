#include "engine/backbones/longcat/factory.h"

#include "engine/backbones/longcat/transformer.h"

namespace cox::engine::longcat {

std::unique_ptr<Backbone> load_transformer(const JsonConfig& json, const std::string& directory,
                                           at::Device device, Precision precision) {
  const Config config = Config::from_json(json);
  return std::make_unique<Transformer>(
      config, load_weights(config, Checkpoint::open(directory), device, scalar_type(precision)));
}

std::unique_ptr<Backbone> random_transformer(const JsonConfig& json, uint64_t seed,
                                             at::Device device, Precision precision) {
  const Config config = Config::from_json(json);
  Weights weights;
  visit_weights(weights, config, draw_weights(seed, device, scalar_type(precision)));
  return std::make_unique<Transformer>(config, std::move(weights));
}

std::unique_ptr<Backbone> given_transformer(const JsonConfig& json, const GivenWeight& weight,
                                            at::ScalarType dtype) {
  const Config config = Config::from_json(json);
  Weights weights;
  visit_weights(weights, config, take_weights(weight, dtype));
  return std::make_unique<Transformer>(config, std::move(weights));
}

std::unique_ptr<Backbone> shape_transformer(const JsonConfig& json) {
  const Config config = Config::from_json(json);
  Weights weights;
  visit_weights(weights, config, declare_weights());
  return std::make_unique<Transformer>(config, std::move(weights));
}

}  // namespace cox::engine::longcat
