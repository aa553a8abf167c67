#include "engine/families/family.h"

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
