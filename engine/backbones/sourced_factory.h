#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/backbones/transformer_factory.h"
#include "engine/checkpoint/weight_source.h"

namespace cox::engine {

/// Returns a source of random weights of plausible size, drawn on the device: for benchmarks and
/// for tests of paths, not reproducible between devices.
WeightSource random_weight_source(std::vector<ExpectedTensor> wanted, uint64_t seed,
                                  at::Device device, at::ScalarType dtype);

/// Makes a `Transformer(config, source)` whose constructor takes its weights from a WeightSource.
template <typename Transformer, typename Config>
class SourcedFactory final : public TransformerFactory {
 public:
  /// `label` names the transformer in messages.
  explicit SourcedFactory(std::string label) : label_(std::move(label)) {}

  std::unique_ptr<Backbone> load(const JsonConfig& json, const std::string& directory,
                                 const Placement& at) const override {
    return std::unique_ptr<Backbone>(new Transformer(load_network<Transformer>(
        Config::from_json(json), directory, label_, scalar_type(at.precision), at.device)));
  }

  std::unique_ptr<Backbone> random(const JsonConfig& json, uint64_t seed,
                                   const Placement& at) const override {
    const Config config = Config::from_json(json);
    WeightSource source = random_weight_source(declared_tensors<Transformer>(config), seed,
                                               at.device, scalar_type(at.precision));
    return std::make_unique<Transformer>(config, source);
  }

  std::unique_ptr<Backbone> shapes(const JsonConfig& json) const override {
    WeightSource source = WeightSource::declaring(at::kFloat);
    return std::make_unique<Transformer>(Config::from_json(json), source);
  }

 private:
  std::string label_;
};

}  // namespace cox::engine
