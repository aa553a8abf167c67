#include "engine/backbones/open_sora/factory.h"

#include "engine/backbones/make_transformer.h"
#include "engine/backbones/open_sora/transformer.h"

namespace cox::engine::open_sora {

std::unique_ptr<Backbone> load_transformer(const JsonConfig& json, const std::string& directory,
                                           at::Device device, Precision precision) {
  return load_transformer_of<Transformer>(Config::from_json(json), directory,
                                          "Open-Sora transformer", device, precision);
}

std::unique_ptr<Backbone> random_transformer(const JsonConfig& json, uint64_t seed,
                                             at::Device device, Precision precision) {
  return random_transformer_of<Transformer>(Config::from_json(json), seed, device, precision);
}

std::unique_ptr<Backbone> shape_transformer(const JsonConfig& json) {
  return shape_transformer_of<Transformer>(Config::from_json(json));
}

}  // namespace cox::engine::open_sora
