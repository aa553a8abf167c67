// Published sizes, shapes only: parameter counts of the models and of the methods.

#include "engine/backbones/published.h"
#include "engine/adaptation/method.h"
#include "engine/adaptation/methods/lora.h"
#include "engine/backbones/wan/factory.h"
#include "engine/vae/networks.h"
#include "engine/vision/clip_image_encoder.h"
#include "tests/support/torch_catch.h"
#include "tests/support/weight_count.h"

using namespace cox;
using namespace cox::engine;
using Catch::Matchers::Contains;

namespace {

struct Sizes {
  const char* model;
  int64_t parameters;
  size_t tensors;
  int64_t delta, delta_blocks, bias, film, cross_norm, qk_norm;
  int64_t self_lora, cross_lora;  ///< rank 1; the cross attention of images counts as cross
};

constexpr Sizes kSizes[] = {
    {"wan2.1-t2v-1.3b", 1'418'996'800, 825, 1'536, 46'080, 16, 9'216, 92'160, 184'320, 368'640,
     368'640},
    {"wan2.1-t2v-14b", 14'288'491'584, 1095, 5'120, 204'800, 16, 30'720, 409'600, 819'200,
     1'638'400, 1'638'400},
    // In addition to text attention: a key norm, and two layers for keys and values.
    {"wan2.1-i2v-14b", 16'394'878'784, 1303, 5'120, 204'800, 16, 30'720, 409'600,
     819'200 + 40 * 5'120, 1'638'400, 1'638'400 + 40 * 4 * 5'120},
    {"wan2.2-ti2v-5b", 4'999'787'712, 825, 3'072, 92'160, 48, 18'432, 184'320, 368'640, 737'280,
     737'280},
};

int64_t trained_by(Backbone& backbone, const std::string& method, Parameters parameters) {
  const VideoRandom random;
  if (parameters.count("groups") != 0) parameters["blocks"] = Value::List{};
  if (method == "norm") parameters["form"] = "offset";
  if (method == "hidden") parameters["final_vector"] = "everywhere";
  if (method == "hidden") parameters["clip"] = "joint";
  ParameterReader reader(parameters);
  return trainable_parameters(find_method(method).make(reader, {backbone, random})->groups());
}

int64_t adasteer(Backbone& backbone, const std::string& inject, int64_t groups) {
  return trained_by(backbone, "adasteer",
                    {{"inject", inject},
                     {"groups", groups},
                     {"final_layer", false},
                     {"delta_dim", 0},
                     {"clip", "joint"}});
}

int64_t lora(Backbone& backbone, const std::string& attention) {
  const VideoRandom random;
  LoraSettings settings;
  settings.adapts = [&](const LinearSite& site) { return site.name.rfind(attention, 0) == 0; };
  return trainable_parameters(attach_lora(settings, {backbone, random})->groups());
}

}  // namespace

TEST_CASE("published Wan models have the parameters of their files") {
  for (const Sizes& sizes : kSizes) {
    INFO(sizes.model);
    const auto backbone = wan::transformers().shapes(published_part(sizes.model, "transformer"));
    const auto parameters = backbone->parameters();
    CHECK(parameters.size() == sizes.tensors);
    int64_t total = 0;
    for (const NamedTensor& parameter : parameters) total += parameter.tensor.numel();
    CHECK(total == sizes.parameters);
    CHECK(published_model(sizes.model).integer("parameters") == sizes.parameters);
    CHECK(published_model(sizes.model).integer("tensors") == static_cast<int64_t>(sizes.tensors));
  }
}

TEST_CASE("methods train the parameter counts of their formulas on published Wan models") {
  for (const Sizes& sizes : kSizes) {
    INFO(sizes.model);
    const auto backbone = wan::transformers().shapes(published_part(sizes.model, "transformer"));
    const int64_t blocks = backbone->shape().blocks;
    CHECK(adasteer(*backbone, "global", 1) == sizes.delta);
    CHECK(adasteer(*backbone, "blocks", 4) == 4 * sizes.delta);
    CHECK(adasteer(*backbone, "blocks", blocks) == sizes.delta_blocks);
    CHECK(trained_by(*backbone, "obc", {}) == sizes.bias);
    CHECK(trained_by(*backbone, "film", {{"variant", "full"}, {"groups", 1}}) == sizes.film);
    CHECK(trained_by(*backbone, "film", {{"variant", "scale_only"}, {"groups", 1}}) ==
          sizes.film / 3);
    CHECK(trained_by(*backbone, "norm", {{"tensors", "cross_attn_norm"}}) == sizes.cross_norm);
    CHECK(trained_by(*backbone, "norm", {{"tensors", "qk_norm"}}) == sizes.qk_norm);
    CHECK(trained_by(*backbone, "hidden", {{"groups", 1}}) == 2 * sizes.delta);
    CHECK(lora(*backbone, "attn1.") == sizes.self_lora);
    CHECK(lora(*backbone, "attn2.") == sizes.cross_lora);
  }
}

TEST_CASE("published Wan VAEs have the parameters of their files") {
  const auto count = [](const std::string& model) {
    const auto tensors =
        declared_tensors<VaeNetworks>(parse_vae_config(published_part(model, "vae")));
    return std::pair(tensors.size(), weight_count(tensors));
  };
  CHECK(count("wan2.1-t2v-1.3b") == std::pair(size_t{194}, int64_t{126'892'531}));
  CHECK(count("wan2.2-ti2v-5b") == std::pair(size_t{196}, int64_t{704'688'668}));
  const VaeConfig residual = parse_vae_config(published_part("wan2.2-ti2v-5b", "vae"));
  CHECK(residual.spatial_scale() == 16);
  CHECK(residual.temporal_scale() == 4);
}

TEST_CASE("the image encoder of Wan2.1's image-to-video models has the parameters of its file") {
  const ClipImageConfig config =
      parse_clip_image_config(published_part("wan2.1-i2v-14b", "image_encoder"));
  const auto tensors = declared_tensors<ClipImageEncoder>(config);
  const int64_t total = weight_count(tensors);
  CHECK(tensors.size() == 3 + 2 + 32 * 16 + 2);
  // 32 blocks of width 1280, two norms, 257 positions, the class, patches of 14 x 14.
  const int64_t block = 4 * (1280 * 1280 + 1280) + 2 * 1280 * 5120 + 5120 + 1280 + 4 * 1280;
  CHECK(total == 32 * block + 4 * 1280 + 257 * 1280 + 1280 + 1280 * 3 * 14 * 14);
  CHECK(total == 630'766'080);
  CHECK(config.vision.head == 80);
  CHECK_THROWS_WITH(parse_clip_image_config(published_part("wan2.1-i2v-14b", "image_encoder")
                                                .with_override("hidden_act", "\"relu\"")),
                    Contains("'hidden_act': expected gelu or quick_gelu, got relu"));
}

TEST_CASE("an unknown model is refused with the published ones") {
  CHECK_THROWS_WITH(published_model("wan3"), Contains("wan2.1-t2v-1.3b") && Contains("got 'wan3'"));
}
