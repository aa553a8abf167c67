// Against transformers' T5TokenizerFast and UMT5EncoderModel. The fixtures are remade with
//     python tests/parity/fixtures/make_text.py
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "engine/checkpoint/safetensors.h"
#include "engine/text/text_encoder.h"
#include "engine/text/umt5_encoder.h"
#include "tests/support/torch_catch.h"

namespace cox::engine {
namespace {

const std::string kFixtures = COX_SOURCE_DIR "/tests/parity/fixtures/text";
constexpr double kTolerance = 1e-5;

std::vector<std::string> texts() {
  const auto cases = read_file(kFixtures + "/cases.json");
  REQUIRE(cases.is_ok());
  return nlohmann::json::parse(cases.value()).at("texts").get<std::vector<std::string>>();
}

std::map<std::string, at::Tensor> expected() {
  return Checkpoint::open(kFixtures + "/expected.safetensors").load_all();
}

std::vector<int64_t> row_of(const at::Tensor& table, int64_t row) {
  const at::Tensor values = table[row].contiguous();
  return {values.data_ptr<int64_t>(), values.data_ptr<int64_t>() + values.numel()};
}

}  // namespace

TEST_CASE("token ids and masks equal the reference tokenizer's") {
  const auto tokenizer = Tokenizer::load(kFixtures + "/tokenizer");
  const auto reference = expected();
  const auto cases = texts();
  REQUIRE(reference.at("input_ids").size(0) == static_cast<int64_t>(cases.size()));
  for (std::size_t i = 0; i < cases.size(); ++i) {
    CAPTURE(cases[i]);
    const TokenizedText tokens = tokenizer->tokenize(cases[i]);
    CHECK(tokens.ids == row_of(reference.at("input_ids"), static_cast<int64_t>(i)));
    CHECK(tokens.mask == row_of(reference.at("attention_mask"), static_cast<int64_t>(i)));
  }
}

TEST_CASE("hidden states equal the reference's, rows of padding included") {
  const auto encoder = Umt5Encoder::load(kFixtures + "/text_encoder", at::kFloat, at::kCPU);
  const auto reference = expected();
  for (const std::string prefix : {"", "long."}) {
    CAPTURE(prefix);
    const at::Tensor states = encoder->encode(reference.at(prefix + "input_ids"),
                                              reference.at(prefix + "attention_mask"));
    CHECK(relative_error(states, reference.at(prefix + "last_hidden_state")) < kTolerance);
  }
}

TEST_CASE("a prompt goes from text to states in the backbone's shapes") {
  const auto encoder = TextEncoder::load(kFixtures, at::kFloat, at::kCPU);
  const auto reference = expected();
  const auto cases = texts();
  for (std::size_t i = 0; i < cases.size(); ++i) {
    // Cleaning changes only the one with two consecutive spaces.
    const EncodedPrompt prompt = encoder->encode(cases[i]);
    REQUIRE(prompt.text.states.sizes() == at::IntArrayRef({1, 1, 24, 32}));
    REQUIRE(prompt.text.mask.sizes() == at::IntArrayRef({1, 24}));
    const auto row = static_cast<int64_t>(i);
    CHECK(prompt.text.mask[0].equal(reference.at("attention_mask")[row]));
    CHECK(relative_error(prompt.text.states[0][0], reference.at("last_hidden_state")[row]) <
          kTolerance);
  }
}

TEST_CASE("in bf16 the text encoder stays near its fp32 self") {
  const auto encoder = Umt5Encoder::load(kFixtures + "/text_encoder", at::kBFloat16, at::kCPU);
  const auto reference = expected();
  const at::Tensor states =
      encoder->encode(reference.at("input_ids"), reference.at("attention_mask"));
  CHECK(states.scalar_type() == at::kBFloat16);
  CHECK(relative_error(states, reference.at("last_hidden_state")) < 3e-2);
}

}  // namespace cox::engine
