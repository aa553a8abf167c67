#pragma once

#include <memory>
#include <string>

#include "engine/backbones/backbone.h"
#include "engine/backbones/weight_scope.h"
#include "engine/checkpoint/json_config.h"
#include "engine/tensors/precision.h"

namespace cox::engine {

/// Where a model is loaded to, and how it computes.
struct Placement {
  at::Device device = at::kCPU;
  Precision precision = Precision::kFp32;
};

/// Makes the transformers of one kind of backbone. Stateless; lives as long as the program.
/// Configurations are those of the transformer's config.json.
class TransformerFactory {
 public:
  virtual ~TransformerFactory() = default;

  /// Reads the safetensors of `directory`, which must fit the configuration.
  virtual std::unique_ptr<Backbone> load(const JsonConfig& json, const std::string& directory,
                                         const Placement& at) const = 0;

  /// Draws weights: for benchmarks and for tests of paths.
  virtual std::unique_ptr<Backbone> random(const JsonConfig& json, uint64_t seed,
                                           const Placement& at) const = 0;

  /// Makes tensors on the meta device: shapes without data.
  virtual std::unique_ptr<Backbone> shapes(const JsonConfig& json) const = 0;

  /// Takes a trainer's fp32 tensors, so that gradients reach them; computes in `dtype`. Throws
  /// std::logic_error for a family that is not trained from nothing.
  virtual std::unique_ptr<Backbone> given(const JsonConfig& json, const GivenWeight& weight,
                                          at::ScalarType dtype) const;
};

}  // namespace cox::engine
