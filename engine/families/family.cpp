#include "engine/families/family.h"

#include <limits>
#include <stdexcept>

#include "base/status.h"

namespace cox::engine {

namespace {

/// Pixel frames of a latent frame after the first, in every family.
constexpr std::int64_t kFramesOfLatent = 4;
constexpr std::int64_t kMaxSteps = 100'000;

}  // namespace

Family::Family(const std::string& name) : schema_(find_backbone(name)) {
  COX_CHECK(schema_ != nullptr, "a family without schemas/backbones/" + name + ".yaml");
}

std::unique_ptr<Backbone> Family::given_transformer(const JsonConfig&, const GivenWeight&,
                                                    at::ScalarType) const {
  throw std::logic_error(schema_->title + " has no transformer over given weights");
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

std::int64_t held_frames(std::int64_t count) {
  return 1 + (count - 1) / kFramesOfLatent * kFramesOfLatent;
}

std::int64_t decodable_latents(const LatentGeometry& geometry, std::int64_t pixel_frames) {
  const std::int64_t group = geometry.decoded_latents * kFramesOfLatent;
  return 1 + (pixel_frames - 1 + group - 1) / group * geometry.decoded_latents;
}

}  // namespace cox::engine
