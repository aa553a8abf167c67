#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/backbones/backbone.h"
#include "engine/checkpoint/json_config.h"
#include "engine/tensors/precision.h"

namespace cox::engine {

/// Every name of backbones.def.
std::vector<std::string> backbone_names();

struct BackboneRequest {
  std::string name = "longcat-video";  ///< unknown names throw EngineError(kUser)
  at::Device device = at::kCPU;
  Precision precision = Precision::kFp32;
};

/// Loads `model_directory`/dit: config.json and safetensors. Throws EngineError(kUser) when a file
/// is missing or damaged or does not fit the configuration.
std::unique_ptr<Backbone> load_backbone(const BackboneRequest& request,
                                        const std::string& model_directory);

/// A model of random weights at a size, without files: for benchmarks.
std::unique_ptr<Backbone> random_backbone(const BackboneRequest& request, const JsonConfig& config,
                                          uint64_t seed);

/// Every tensor on the meta device: shapes and names at any size, without memory for weights.
std::unique_ptr<Backbone> shape_backbone(const std::string& name, const JsonConfig& config);

/// The published configuration of one part, `dit`, `vae` or `text_encoder`, in
/// schemas/backbones/NAME.yaml.
JsonConfig published_config(const std::string& name, const std::string& part = "dit");

}  // namespace cox::engine
