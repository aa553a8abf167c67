#pragma once

#include <memory>
#include <string>

#include "engine/backbones/backbone.h"
#include "engine/backbones/weight_scope.h"
#include "engine/checkpoint/json_config.h"
#include "engine/tensors/precision.h"

/// Makes a Wan transformer from files, from random numbers, or as shapes.
namespace cox::engine::wan {

/// Reads the safetensors of `directory`, which must fit `json`, its config.json.
std::unique_ptr<Backbone> load_transformer(const JsonConfig& json, const std::string& directory,
                                           at::Device device, Precision precision);

/// Random weights at the size of a transformer/config.json, for benchmarks.
std::unique_ptr<Backbone> random_transformer(const JsonConfig& json, uint64_t seed,
                                             at::Device device, Precision precision);

/// Takes a trainer's tensors: see take_weights.
std::unique_ptr<Backbone> given_transformer(const JsonConfig& json, const GivenWeight& weight,
                                            at::ScalarType dtype);

/// Tensors on the meta device at the size of a transformer/config.json.
std::unique_ptr<Backbone> shape_transformer(const JsonConfig& json);

}  // namespace cox::engine::wan
