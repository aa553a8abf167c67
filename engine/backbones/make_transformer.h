#pragma once

#include <memory>
#include <string>

#include "engine/backbones/backbone.h"
#include "engine/checkpoint/json_config.h"
#include "engine/checkpoint/weight_source.h"
#include "engine/tensors/precision.h"

namespace cox::engine {

// Three ways to make a `Transformer(config, source)` whose constructor takes its weights from a
// WeightSource.

/// Returns a source of random weights of plausible size, drawn on the device: for benchmarks and
/// for tests of paths, not reproducible between devices.
WeightSource random_weight_source(std::vector<ExpectedTensor> wanted, uint64_t seed,
                                  at::Device device, at::ScalarType dtype);

template <typename Transformer, typename Config>
std::unique_ptr<Backbone> load_transformer_of(const Config& config, const std::string& directory,
                                              const std::string& model, at::Device device,
                                              Precision precision) {
  return std::unique_ptr<Backbone>(new Transformer(
      load_network<Transformer>(config, directory, model, scalar_type(precision), device)));
}

template <typename Transformer, typename Config>
std::unique_ptr<Backbone> shape_transformer_of(const Config& config) {
  WeightSource shapes = WeightSource::declaring(at::kFloat);
  return std::make_unique<Transformer>(config, shapes);
}

template <typename Transformer, typename Config>
std::unique_ptr<Backbone> random_transformer_of(const Config& config, uint64_t seed,
                                                at::Device device, Precision precision) {
  WeightSource shapes = WeightSource::declaring(at::kFloat);
  Transformer(config, shapes);
  WeightSource source = random_weight_source(shapes.taken(), seed, device, scalar_type(precision));
  return std::make_unique<Transformer>(config, source);
}

}  // namespace cox::engine
