#include "tools/check/family_check.h"

#include "base/text.h"
#include "engine/families/registry.h"
#include "engine/tensors/torch.h"
#include "tools/bench/family_forward.h"
#include "tools/check/model_check.h"
#include "tools/check/parts_check.h"
#include "tools/init/model_presets.h"

namespace cox::engine {

namespace {

constexpr const char* kSmall = "-tiny";
constexpr std::int64_t kLatentSide = 8, kPixelFrames = 9;

/// What makes a configuration quick without making it narrow. A family has some of the keys.
constexpr std::pair<const char*, const char*> kFewer[] = {
    {"num_layers", "2"},    {"depth", "2"},        {"depth_single_blocks", "2"},
    {"sample_height", "8"}, {"sample_width", "8"}, {"sample_frames", "9"}};

PublishedTransformer checked_transformer(const std::string& model) {
  for (const ModelPreset& preset : model_presets()) {
    if (preset.name != model || !ends_with(model, kSmall)) continue;
    const Family& family = find_family(preset.family);
    const std::string file = family.schema().transformer + "/config.json";
    return {family, JsonConfig::parse(preset.files.at(file), model)};
  }
  return published_transformer(model);
}

JsonConfig with_fewer_blocks(JsonConfig config) {
  for (const auto& [key, value] : kFewer) {
    if (config.has(key)) config = config.with_override(key, value);
  }
  return config;
}

/// Whether a model of the family is asked with clean frames at the start.
bool keeps_context_clean(const Family& family) {
  const auto rule = family.pretraining_rule();
  return rule != nullptr && !rule->noises_context();
}

}  // namespace

std::vector<std::string> small_checked_models() {
  std::vector<std::string> names;
  for (const ModelPreset& preset : model_presets()) {
    if (ends_with(preset.name, kSmall)) names.push_back(preset.name);
  }
  return names;
}

namespace {

/// Asks `check` about the model.
std::vector<Comparison> with_checked(
    const std::string& model,
    const std::function<std::vector<Comparison>(const CheckedModel&)>& check) {
  const auto [family, whole] = checked_transformer(model);
  const JsonConfig config = with_fewer_blocks(whole);
  const RandomTransformer transformer(family.schema().name, config);
  const std::int64_t side = kLatentSide * family.geometry().latent_pixels;
  const auto answer = [&, &from = family](const Backbone& backbone) {
    BackboneInput input = random_pass(from, config, backbone, {kPixelFrames, side, side}).input;
    const std::int64_t frames = input.latents.size(2);
    const std::int64_t clean = keeps_context_clean(from) ? 1 : 0;
    if (clean > 0) {
      input.timestep = input.timestep.expand({1, frames}).contiguous();
      input.timestep.narrow(1, 0, clean).zero_();
    }
    return answer_with_gradient(backbone, input, backbone.shape().time_embedding, clean);
  };
  return check({model, transformer, answer});
}

}  // namespace

std::vector<Comparison> check_family(c10::Device device, const std::string& model) {
  return with_checked(model,
                      [&](const CheckedModel& checked) { return check_answers(device, checked); });
}

std::vector<Comparison> check_family_parts(const std::vector<c10::Device>& devices,
                                           const std::string& model) {
  return with_checked(
      model, [&](const CheckedModel& checked) { return check_answers_of_parts(devices, checked); });
}

}  // namespace cox::engine
