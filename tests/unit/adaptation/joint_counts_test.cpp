// Trained parameters of every method on CogVideoX and Open-Sora at their published sizes.

#include "engine/adaptation/method.h"
#include "engine/backbones/cogvideox/factory.h"
#include "engine/backbones/open_sora/factory.h"
#include "engine/tensors/error.h"
#include "tests/support/torch_catch.h"
#include "tests/unit/backbones/published_sizes.h"

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
                  {"clip", "joint"}});
}

std::int64_t film(Backbone& backbone, const std::string& variant) {
  return trained(backbone, "film", {{"variant", variant}, {"groups", 1}});
}

std::int64_t norm(Backbone& backbone, const std::string& tensors) {
  return trained(backbone, "norm", {{"tensors", tensors}});
}

std::int64_t attention_lora(Backbone& backbone) {
  return trained(backbone, "lora",
                 {{"rank", 1},
                  {"alpha", 2.0},
                  {"targets", std::vector<std::string>{"qkv", "proj"}},
                  {"last_blocks", 0}});
}

}  // namespace

TEST_CASE("methods train the published numbers of parameters of CogVideoX") {
  const auto small = cogvideox::shape_transformer(cogvideox_config("2b"));
  const auto large = cogvideox::shape_transformer(cogvideox_config("5b"));
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

TEST_CASE("methods train the published numbers of parameters of Open-Sora") {
  const auto model = open_sora::shape_transformer(open_sora_config());
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
