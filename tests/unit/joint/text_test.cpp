#include "engine/text/clip_text_encoder.h"

#include <fstream>

#include "engine/text/t5_encoder.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/torch_catch.h"
#include "tests/support/weight_count.h"

using namespace cox;
using namespace cox::engine;
using Catch::Matchers::Contains;

namespace {

ClipTextConfig clip_sizes(std::int64_t end_token) {
  ClipTextConfig config;
  config.vocab_size = 49'408;
  config.hidden = 768;
  config.ffn_hidden = 3072;
  config.layers = 12;
  config.heads = 12;
  config.max_positions = 77;
  config.end_token = end_token;
  config.norm_epsilon = 1e-5;
  return config;
}

ClipTextEncoder small_clip(std::int64_t end_token) {
  ClipTextConfig config = clip_sizes(end_token);
  config.vocab_size = 20;
  config.hidden = 8;
  config.ffn_hidden = 8;
  config.layers = 1;
  config.heads = 2;
  config.max_positions = 4;
  std::map<std::string, std::vector<int64_t>> sizes;
  for (const ExpectedTensor& tensor : declared_tensors<ClipTextEncoder>(config))
    sizes[tensor.name] = tensor.shape;
  WeightSource source = WeightSource::given(
      [sizes](const std::string& name) { return at::full(sizes.at(name), 0.1); });
  return {config, source};
}

}  // namespace

TEST_CASE("the text tower of CLIP-L has the published number of parameters") {
  const auto tensors = declared_tensors<ClipTextEncoder>(clip_sizes(2));
  CHECK(tensors.size() == 196);
  CHECK(weight_count(tensors) == 123'060'480);
}

TEST_CASE("the encoder of T5 v1.1 XXL has the published number of parameters") {
  Umt5Config config;
  config.vocab_size = 32'128;
  config.d_model = 4096;
  config.d_kv = 64;
  config.d_ff = 10'240;
  config.num_heads = 64;
  config.num_layers = 24;
  config.relative_attention_num_buckets = 32;
  config.relative_attention_max_distance = 128;
  config.layer_norm_epsilon = 1e-6;
  const auto tensors = declared_tensors<T5Encoder>(config);
  CHECK(tensors.size() == 219);
  CHECK(weight_count(tensors) == 4'762'310'656);
}

TEST_CASE("invalid CLIP input is refused, naming the reason") {
  const ClipTextEncoder clip = small_clip(9);
  CHECK_THROWS_WITH(clip.pooled(at::full({1, 3}, 20, at::kLong)),
                    Contains("expected ids in [0, 20)"));
  CHECK_THROWS_WITH(clip.pooled(at::full({1, 5}, 9, at::kLong)), Contains("at most 4 ids"));
  CHECK_THROWS_WITH(clip.pooled(at::full({1, 3}, 8, at::kLong)), Contains("end token 9"));
  CHECK(clip.pooled(at::full({2, 3}, 9, at::kLong)).sizes() == at::IntArrayRef({2, 8}));
  CHECK(small_clip(2).pooled(at::full({1, 3}, 8, at::kLong)).size(0) == 1);
}

TEST_CASE("a CLIP configuration may be nested; an unsupported activation is refused") {
  const cox::test::TemporaryDirectory folder;
  const auto read = [&](const std::string& text) {
    std::ofstream(folder / "config.json") << text;
    return read_clip_text_config(folder / "config.json");
  };
  const std::string flat =
      R"({"vocab_size": 20, "hidden_size": 8, "intermediate_size": 9, "num_hidden_layers": 1,
          "num_attention_heads": 2, "max_position_embeddings": 4, "eos_token_id": 2,
          "layer_norm_eps": 1e-05, "hidden_act": "quick_gelu"})";
  CHECK(read(flat).ffn_hidden == 9);
  CHECK(read("{\"text_config\": " + flat + "}").ffn_hidden == 9);
  std::string other = flat;
  other.replace(other.find("quick_gelu"), 10, "gelu");
  CHECK_THROWS_WITH(read(other), Contains("'hidden_act': expected quick_gelu, got gelu"));
}
