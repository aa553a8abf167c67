// CogVideoX and Open-Sora at their published sizes, shapes only: parameter counts of the models and
// of every method.

#include "engine/adaptation/method.h"
#include "engine/backbones/cogvideox/factory.h"
#include "engine/backbones/open_sora/factory.h"
#include "engine/backbones/published.h"
#include "engine/tensors/error.h"
#include "tests/support/torch_catch.h"

using namespace cox;
using namespace cox::engine;
using Catch::Matchers::Contains;

namespace {

std::int64_t trained(Backbone& backbone, const std::string& method, const Parameters& parameters) {
  const VideoRandom random{7, 0, "clip"};
  ParameterReader reader(parameters);
  const auto adaptation = find_method(method).make(reader, {backbone, random});
  return trainable_parameters(adaptation->groups());
}

std::int64_t delta(Backbone& backbone, std::int64_t groups) {
  return trained(backbone, "adasteer",
                 {{"inject", "blocks"},
                  {"groups", groups},
                  {"final_layer", false},
                  {"delta_dim", 0},
                  {"clip", "joint"},
                  {"blocks", cox::Value::List{}}});
}

std::int64_t film(Backbone& backbone, const std::string& variant) {
  return trained(backbone, "film",
                 {{"variant", variant}, {"groups", 1}, {"blocks", cox::Value::List{}}});
}

std::int64_t norm(Backbone& backbone, const std::string& tensors) {
  return trained(backbone, "norm", {{"tensors", tensors}, {"form", "offset"}});
}

std::int64_t attention_lora(Backbone& backbone) {
  return trained(backbone, "lora",
                 {{"rank", 1},
                  {"alpha", 2.0},
                  {"targets", cox::Value::List{"qkv", "proj"}},
                  {"last_blocks", 0},
                  {"blocks", cox::Value::List{}},
                  {"scaling", "alpha_over_rank"},
                  {"pairs", "fused"}});
}

std::unique_ptr<Backbone> published_cogvideox(const std::string& model) {
  return cogvideox::transformers().shapes(published_part(model, "transformer"));
}

struct Counts {
  int64_t tensors = 0;
  int64_t parameters = 0;
  int64_t positions = 0;  ///< a stored table, which counts as a buffer
};

Counts counts_of(Backbone& backbone) {
  Counts counts;
  for (const NamedTensor& parameter : backbone.parameters()) {
    ++counts.tensors;
    const bool table = parameter.name == "patch_embed.pos_embedding";
    (table ? counts.positions : counts.parameters) += parameter.tensor.numel();
  }
  return counts;
}

void check_counts(Backbone& backbone, const std::string& model, int64_t tensors,
                  int64_t parameters) {
  INFO(model);
  const Counts counts = counts_of(backbone);
  CHECK(counts.tensors == tensors);
  CHECK(counts.parameters == parameters);
  CHECK(published_model(model).integer("tensors") == tensors);
  CHECK(published_model(model).integer("parameters") == parameters);
}

}  // namespace

TEST_CASE("CogVideoX and Open-Sora have the published tensors and parameters") {
  check_counts(*published_cogvideox("cogvideox-2b"), "cogvideox-2b", 736, 1'693'783'872);
  check_counts(*published_cogvideox("cogvideox-5b"), "cogvideox-5b", 1024, 5'570'283'072);
  const auto image = published_cogvideox("cogvideox-5b-i2v");
  check_counts(*image, "cogvideox-5b-i2v", 1025, 5'570'479'680);
  CHECK(counts_of(*image).positions == 17'776 * 3072);
  const auto open_sora =
      open_sora::transformers().shapes(published_part("open-sora-2.0", "transformer"));
  check_counts(*open_sora, "open-sora-2.0", 1082, 11'891'390'528);
  CHECK(open_sora->shape().blocks == 57);
  CHECK(open_sora->shape().time_embedding == 3072);
  CHECK(open_sora->shape().latent_channels == 16);
}

TEST_CASE("methods train the expected numbers of parameters of CogVideoX") {
  const auto small = published_cogvideox("cogvideox-2b");
  const auto large = published_cogvideox("cogvideox-5b");
  CHECK(delta(*small, 1) == 512);
  CHECK(delta(*small, 4) == 2'048);
  CHECK(delta(*small, 30) == 15'360);
  CHECK(delta(*large, 42) == 21'504);
  CHECK(film(*small, "full") == 23'040);
  CHECK(film(*large, "full") == 36'864);
  CHECK(film(*small, "shift_scale") == 8 * 1'920);
  CHECK(film(*small, "scale_only") == 4 * 1'920);
  CHECK(trained(*large, "obc", {}) == 16);
  CHECK(norm(*small, "qk_norm") == 7'680);
  CHECK(norm(*large, "qk_norm") == 10'752);
  CHECK(norm(*small, "adaln_affine") == 230'400);
  CHECK(norm(*large, "adaln_affine") == 516'096);
  CHECK(norm(*small, "all_norm") == 230'400 + 7'680);
  CHECK(attention_lora(*small) == 460'800);
  CHECK(attention_lora(*large) == 1'032'192);
  CHECK_THROWS_WITH(norm(*small, "cross_attn_norm"), Contains("none of the norms"));
}

TEST_CASE("methods train the expected numbers of parameters of Open-Sora") {
  const auto model =
      open_sora::transformers().shapes(published_part("open-sora-2.0", "transformer"));
  CHECK(delta(*model, 1) == 3'072);
  CHECK(delta(*model, 4) == 12'288);
  CHECK(delta(*model, 57) == 175'104);
  CHECK(film(*model, "full") == 2 * 18'432 + 9'216);
  CHECK(film(*model, "scale_only") == 2 * 2 * 3'072 + 3'072);
  CHECK(trained(*model, "obc", {}) == 16);
  CHECK(norm(*model, "qk_norm") == 19'456);
  CHECK(attention_lora(*model) == 2'801'664);
  CHECK_THROWS_WITH(norm(*model, "cross_attn_norm"), Contains("none of the norms"));
  CHECK_THROWS_WITH(norm(*model, "adaln_affine"), Contains("none of the norms"));
}
