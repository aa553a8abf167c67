#include "engine/backbones/registry.h"

#include <fmt/format.h>

#include "base/text.h"
#include "engine/backbones/longcat/factory.h"
#include "engine/tensors/error.h"
#include "schemas/embedded_schemas.h"

namespace cox::engine {
namespace {

struct Entry {
  const char* name;
  std::unique_ptr<Backbone> (*load)(const std::string& directory, at::Device, Precision);
  std::unique_ptr<Backbone> (*random)(const JsonConfig&, uint64_t seed, at::Device, Precision);
  std::unique_ptr<Backbone> (*shape)(const JsonConfig&);
};

constexpr Entry kEntries[] = {
#define COX_BACKBONE(name, space) \
  {name, space::load_transformer, space::random_transformer, space::shape_transformer},
#include "engine/backbones/backbones.def"
#undef COX_BACKBONE
};

const Entry& entry_of(const std::string& name) {
  for (const Entry& entry : kEntries) {
    if (name == entry.name) return entry;
  }
  throw user_error(
      fmt::format("backbone: expected one of {}, got '{}'", join(backbone_names(), ", "), name));
}

}  // namespace

std::vector<std::string> backbone_names() {
  std::vector<std::string> names;
  for (const Entry& entry : kEntries) names.emplace_back(entry.name);
  return names;
}

std::unique_ptr<Backbone> load_backbone(const BackboneRequest& request,
                                        const std::string& model_directory) {
  return entry_of(request.name).load(model_directory + "/dit", request.device, request.precision);
}

std::unique_ptr<Backbone> random_backbone(const BackboneRequest& request, const JsonConfig& config,
                                          uint64_t seed) {
  return entry_of(request.name).random(config, seed, request.device, request.precision);
}

std::unique_ptr<Backbone> shape_backbone(const std::string& name, const JsonConfig& config) {
  return entry_of(name).shape(config);
}

JsonConfig published_config(const std::string& name, const std::string& part) {
  entry_of(name);
  const std::string file = "backbones/" + name + ".yaml";
  return JsonConfig::parse(std::string(embedded_schemas().at(file)), "schemas/" + file)
      .object(part);
}

}  // namespace cox::engine
