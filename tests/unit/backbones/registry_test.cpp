#include "engine/backbones/longcat/weights.h"
#include "engine/backbones/visited_factory.h"
#include "engine/tensors/error.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/weight_count.h"
#include "tests/unit/backbones/small_model.h"

#include <fstream>

using namespace cox;
using namespace cox::engine;
using Catch::Matchers::Contains;

TEST_CASE("The published configuration has 1,022 tensors and 13,581,071,424 parameters") {
  const auto config = longcat::Config::from_json(published_transformer("longcat-video").config);
  CHECK(config.head_dim() == 128);
  CHECK(config.ffn_hidden == 11008);
  const std::vector<ExpectedTensor> tensors = expected_tensors<longcat::Weights>(config);
  CHECK(tensors.size() == 1022);
  CHECK(weight_count(tensors) == 13'581'071'424);
  CHECK(weight_count(tensors, "pre_crs_attn_norm") == 393'216);
  CHECK(weight_count(tensors, "q_norm") + weight_count(tensors, "k_norm") == 24'576);
  CHECK(weight_count(tensors, "adaLN_modulation") - weight_count(tensors, "final_layer.adaLN") ==
        605'159'424);
}

TEST_CASE("An unknown backbone names the known ones") {
  CHECK_THROWS_WITH(
      load_backbone({"longcat", at::kCPU, Precision::kFp32}, "/nowhere"),
      Contains(
          "expected one of longcat-video, wan2.1, wan2.2, cogvideox, open-sora, got 'longcat'"));
}

TEST_CASE("A configuration that contradicts the weights or itself is a clear error") {
  const cox::test::TemporaryDirectory directory;
  std::filesystem::create_directories(directory / "dit");
  std::map<std::string, at::Tensor> weights;
  for (const NamedTensor& parameter : small_model()->parameters()) {
    weights[parameter.name] = parameter.tensor;
  }
  save_safetensors(directory / "dit/diffusion_pytorch_model.safetensors", weights);
  const auto load_with = [&](const std::string& from, const std::string& to) {
    std::string text = kSmallConfig;
    text.replace(text.find(from), from.size(), to);
    std::ofstream(directory / "dit/config.json") << text;
    return load_backbone({}, directory.path());
  };
  CHECK(load_with("\"depth\": 3", "\"depth\": 3")->shape().blocks == 3);
  CHECK_THROWS_WITH(
      load_with("\"depth\": 3", "\"depth\": 4"),
      Contains("21 missing: blocks.3.adaLN_modulation.1.weight") && Contains("DiT configuration"));
  CHECK_THROWS_WITH(load_with("\"depth\": 3", "\"depth\": 2"), Contains("21 extra: blocks.2."));
  CHECK_THROWS_WITH(load_with("\"adaln_tembed_dim\": 16", "\"adaln_tembed_dim\": 24"),
                    Contains("of wrong shape") && Contains("config: [24, 16], file: [16, 16]"));
  CHECK_THROWS_WITH(load_with("\"num_heads\": 2", "\"num_heads\": 3"), Contains("head size"));
  CHECK_THROWS_WITH(load_with("[1, 2, 2]", "[2, 2, 2]"), Contains("only [1, 2, 2]"));
  CHECK_THROWS_WITH(load_with("\"depth\": 3,", ""), Contains("missing key 'depth'"));
  CHECK_THROWS_WITH(load_with("\"out_channels\": 4", "\"out_channels\": 8"),
                    Contains("must equal 'in_channels'"));
}

TEST_CASE("Random models of one seed are equal, of two seeds are not") {
  const auto weight_of = [](uint64_t seed) {
    return random_backbone({}, JsonConfig::parse(kSmallConfig, "small"), seed)
        ->parameters()[0]
        .tensor;
  };
  CHECK(at::equal(weight_of(1), weight_of(1)));
  CHECK(!at::equal(weight_of(1), weight_of(2)));
}
