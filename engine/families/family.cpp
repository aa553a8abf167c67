#include "engine/families/family.h"

#include <fmt/format.h>

#include <limits>

#include "base/status.h"

namespace cox::engine {

namespace {

constexpr std::int64_t kMaxSteps = 100'000;

}  // namespace

Family::Family(const std::string& name, const TransformerFactory& factory)
    : schema_(find_backbone(name)), transformers_(&factory) {
  COX_CHECK(schema_ != nullptr, "a family without schemas/backbones/" + name + ".yaml");
}

std::string Family::transformer_folder(const std::string& directory) const {
  return fmt::format("{}/{}", directory, schema_->transformer);
}

JsonConfig Family::transformer_config(const std::string& directory) const {
  return JsonConfig::read(transformer_folder(directory) + "/config.json");
}

std::unique_ptr<Backbone> Family::load_transformer(const std::string& directory,
                                                   const Placement& at) const {
  return transformers().load(transformer_config(directory), transformer_folder(directory), at);
}

std::shared_ptr<const Recipe> Family::plain_recipe(const SamplingSettings&) const {
  return nullptr;
}

SamplingSettings read_sampling(ParameterReader& parameters) {
  SamplingSettings settings;
  settings.steps = parameters.integer("inference_steps", 1, kMaxSteps);
  settings.guidance = parameters.real("guidance", {0, std::numeric_limits<double>::max()});
  return settings;
}

}  // namespace cox::engine
