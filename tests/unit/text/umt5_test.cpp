#include <filesystem>

#include "base/file.h"
#include "engine/text/relative_buckets.h"
#include "engine/text/text_encoder.h"
#include "engine/text/umt5_encoder.h"
#include "tests/support/torch_catch.h"
#include "tests/support/weight_count.h"

namespace cox::engine {
namespace {

namespace fs = std::filesystem;

const std::string kTextFixtures = COX_SOURCE_DIR "/tests/parity/fixtures/text";

Umt5Config published_config() {
  Umt5Config config;
  config.vocab_size = 256384;
  config.d_model = 4096;
  config.d_kv = 64;
  config.d_ff = 10240;
  config.num_heads = 64;
  config.num_layers = 24;
  config.relative_attention_num_buckets = 32;
  config.relative_attention_max_distance = 128;
  config.layer_norm_epsilon = 1e-6;
  return config;
}

}  // namespace

TEST_CASE("the published text encoder has 242 tensors and 5.68 billion parameters") {
  const auto tensors = declared_tensors<Umt5Encoder>(published_config());
  CHECK(tensors.size() == 242);
  CHECK(weight_count(tensors) == 5'680'910'336);
}

TEST_CASE("relative positions fall into exact, then logarithmic, then one last bucket") {
  const at::Tensor buckets = relative_buckets(400, 32, 128);
  const auto bucket = [&](int64_t query, int64_t key) {
    return buckets[query][key].item<int64_t>();
  };
  CHECK(bucket(10, 10) == 0);
  CHECK(bucket(10, 3) == 7);
  CHECK(bucket(10, 17) == 16 + 7);
  CHECK(bucket(10, 2) == 8);
  CHECK(bucket(200, 100) == 15);
  CHECK(bucket(399, 0) == 15);
  CHECK(bucket(0, 399) == 31);
}

TEST_CASE("what stands behind padding does not change the states of the tokens") {
  const auto encoder = Umt5Encoder::load(kTextFixtures + "/text_encoder", at::kFloat, at::kCPU);
  at::Tensor ids = at::full({1, 12}, 9, at::kLong);
  at::Tensor mask = at::ones({1, 12}, at::kLong);
  mask.narrow(1, 5, 7).zero_();
  const at::Tensor before = encoder->encode(ids, mask);
  ids.narrow(1, 5, 7).fill_(33);
  const at::Tensor after = encoder->encode(ids, mask);
  CHECK(before.narrow(1, 0, 5).equal(after.narrow(1, 0, 5)));
  CHECK_FALSE(before.equal(after));
}

TEST_CASE("ids outside the vocabulary are refused") {
  const auto encoder = Umt5Encoder::load(kTextFixtures + "/text_encoder", at::kFloat, at::kCPU);
  const at::Tensor mask = at::ones({1, 2}, at::kLong);
  CHECK_THROWS_WITH(encoder->encode(at::full({1, 2}, 328, at::kLong), mask),
                    Catch::Contains("[0, 328)"));
  CHECK_THROWS_WITH(encoder->encode(at::full({1, 3}, 1, at::kLong), mask),
                    Catch::Contains("attention_mask"));
}

TEST_CASE("a text encoder that is too small for its tokenizer is refused") {
  const std::string model = unique_sibling((fs::temp_directory_path() / "cox_text").string());
  fs::copy(kTextFixtures, model, fs::copy_options::recursive);
  struct Remove {
    std::string path;
    ~Remove() { fs::remove_all(path); }
  } remove{model};
  auto tensors = Checkpoint::open(model + "/text_encoder").load_all();
  tensors["shared.weight"] = tensors["shared.weight"].narrow(0, 0, 100).contiguous();
  save_safetensors(model + "/text_encoder/model.safetensors", tensors);
  std::string config = read_file(model + "/text_encoder/config.json").value();
  CHECK_THROWS_WITH(TextEncoder::load(model, at::kFloat, at::kCPU),
                    Catch::Contains("shared.weight"));
  config.replace(config.find("\"vocab_size\": 328"), 17, "\"vocab_size\": 100");
  REQUIRE(write_file_atomically(model + "/text_encoder/config.json", config).is_ok());
  CHECK_THROWS_WITH(TextEncoder::load(model, at::kFloat, at::kCPU),
                    Catch::Contains("vocab_size is only 100"));
}

}  // namespace cox::engine
