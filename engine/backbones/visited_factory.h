#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/backbones/transformer_factory.h"
#include "engine/checkpoint/safetensors.h"

namespace cox::engine {

/// Returns every tensor that a checkpoint of this configuration holds, as visit_weights names them.
template <typename Weights, typename Config>
std::vector<ExpectedTensor> expected_tensors(const Config& config) {
  std::vector<ExpectedTensor> expected;
  Weights none;
  visit_weights(none, config, list_weights(expected));
  return expected;
}

/// Makes a `Transformer(config, weights)` whose weights a WeightVisitor fills.
template <typename Transformer, typename Config, typename Weights>
class VisitedFactory final : public TransformerFactory {
 public:
  /// `label` names the transformer in messages. Weights whose key contains one of `wide` stay in
  /// fp32.
  explicit VisitedFactory(std::string label, std::vector<std::string> wide = {})
      : label_(std::move(label)), wide_(std::move(wide)) {}

  std::unique_ptr<Backbone> load(const JsonConfig& json, const std::string& directory,
                                 const Placement& at) const override {
    const Config config = Config::from_json(json);
    const Checkpoint checkpoint = Checkpoint::open(directory);
    check_keys(checkpoint, expected_tensors<Weights>(config), label_);
    return filled(config,
                  load_weights_from(checkpoint, at.device, scalar_type(at.precision), wide_));
  }

  std::unique_ptr<Backbone> random(const JsonConfig& json, uint64_t seed,
                                   const Placement& at) const override {
    return filled(Config::from_json(json),
                  draw_weights(seed, at.device, scalar_type(at.precision)));
  }

  std::unique_ptr<Backbone> shapes(const JsonConfig& json) const override {
    return filled(Config::from_json(json), declare_weights());
  }

  std::unique_ptr<Backbone> given(const JsonConfig& json, const GivenWeight& weight,
                                  at::ScalarType dtype) const override {
    return filled(Config::from_json(json), take_weights(weight, dtype, wide_));
  }

 private:
  static std::unique_ptr<Backbone> filled(const Config& config, const WeightVisitor& visit) {
    Weights weights;
    visit_weights(weights, config, visit);
    return std::make_unique<Transformer>(config, std::move(weights));
  }

  std::string label_;
  std::vector<std::string> wide_;
};

}  // namespace cox::engine
