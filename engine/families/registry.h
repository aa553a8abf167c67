#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/families/family.h"

namespace cox::engine {

/// Returns every name in families.def, in its order.
std::vector<std::string> family_names();

/// Throws EngineError(kUser) that lists the known families for an unknown name.
const Family& find_family(const std::string& name);

/// Returns the family of the model in a directory. Throws EngineError(kUser) that names the marks
/// of every family if none matches.
const Family& family_of_model(const std::string& directory);

/// Returns the published configuration of a transformer, by the name of a model in schemas/models/.
struct PublishedTransformer {
  const Family& family;
  JsonConfig config;
};
PublishedTransformer published_transformer(const std::string& model);

struct BackboneRequest {
  std::string name = "longcat-video";  ///< a name of families.def
  at::Device device = at::kCPU;
  Precision precision = Precision::kFp32;
};

/// Loads only the transformer of a model directory. Throws EngineError(kUser) if a file is missing,
/// damaged or does not fit the configuration.
std::unique_ptr<Backbone> load_backbone(const BackboneRequest& request,
                                        const std::string& model_directory);

/// Returns a transformer with random weights at a published size, without files, for benchmarks.
std::unique_ptr<Backbone> random_backbone(const BackboneRequest& request, const JsonConfig& config,
                                          uint64_t seed);

}  // namespace cox::engine
