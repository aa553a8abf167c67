#include "engine/families/parts.h"

#include <fmt/format.h>

#include "base/status.h"
#include "engine/checkpoint/weight_source.h"
#include "engine/tensors/error.h"
#include "engine/text/t5_encoder.h"
#include "engine/text/umt5_encoder.h"
#include "engine/vae/networks.h"
#include "engine/vision/clip_image_encoder.h"

namespace cox::engine {

namespace {

template <typename Encoder>
ModelPart text_part(const std::string& directory) {
  const Umt5Config config = read_umt5_config(directory + "/text_encoder/config.json");
  return {"text_encoder",
          "model",
          "text encoder",
          declared_tensors<Encoder>(config),
          {{"layers", config.num_layers},
           {"channels", config.d_model},
           {"vocabulary", config.vocab_size}}};
}

}  // namespace

ModelPart transformer_part(const Family& family, const JsonConfig& config,
                           const std::string& label) {
  const auto shapes = family.transformers().shapes(config);
  ModelPart part{family.schema().transformer, "diffusion_pytorch_model", label, {}, {}};
  for (const NamedTensor& parameter : shapes->parameters()) {
    part.tensors.push_back({parameter.name, parameter.tensor.sizes().vec()});
  }
  part.sizes = {{"blocks", shapes->shape().blocks}, {"hidden", shapes->shape().hidden}};
  return part;
}

ModelPart vae_part(std::vector<ExpectedTensor> tensors, std::int64_t latent_channels) {
  return {"vae",
          "diffusion_pytorch_model",
          "VAE",
          std::move(tensors),
          {{"latent_channels", latent_channels}}};
}

ModelPart wan_vae_part(const std::string& directory) {
  const VaeConfig config = read_vae_config(directory + "/vae/config.json");
  return vae_part(declared_tensors<VaeNetworks>(config), config.z_dim);
}

ModelPart umt5_part(const std::string& directory) { return text_part<Umt5Encoder>(directory); }
ModelPart t5_part(const std::string& directory) { return text_part<T5Encoder>(directory); }

ModelPart clip_image_part(const std::string& directory) {
  const ClipImageConfig config =
      parse_clip_image_config(JsonConfig::read(directory + "/image_encoder/config.json"));
  return {"image_encoder",
          "model",
          "image encoder",
          declared_tensors<ClipImageEncoder>(config),
          {{"layers", config.vision.layers}, {"channels", config.vision.hidden}}};
}

std::int64_t size_of(const ModelPart& part, const std::string& name) {
  for (const auto& [known, size] : part.sizes) {
    if (known == name) return size;
  }
  COX_CHECK(false, "a part has no such size: " + name);
  return 0;
}

void require_equal_size(const JsonConfig& transformer, const std::string& key, std::int64_t value,
                        const ModelPart& part, const std::string& name) {
  const std::int64_t got = size_of(part, name);
  if (got == value) return;
  throw user_error(
      fmt::format("{}: {} is {}, but {} has {}", transformer.path(), key, value, part.name, got),
      "bad_config");
}

void require_latent_pixels(const Family& family, const std::string& directory,
                           std::int64_t pixels) {
  if (pixels > 0 && family.geometry().latent_pixels % pixels == 0) return;
  throw user_error(
      fmt::format("{}/vae/config.json: expected {} pixels on a side of a latent, as {} has, or a "
                  "divisor, got {}",
                  directory, family.geometry().latent_pixels, family.schema().title, pixels),
      "bad_config");
}

}  // namespace cox::engine
