#include "engine/text/tokenizer.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <numeric>

#include "base/file.h"

namespace cox::engine {
namespace {

namespace fs = std::filesystem;

const std::string kTokenizerFixture = COX_SOURCE_DIR "/tests/parity/fixtures/text/tokenizer";

/// A copy of the fixture's tokenizer that a test may change.
struct TokenizerCopy {
  std::string directory = unique_sibling((fs::temp_directory_path() / "cox_tokenizer").string());
  TokenizerCopy() { fs::copy(kTokenizerFixture, directory); }
  ~TokenizerCopy() { fs::remove_all(directory); }
  void write(const std::string& file, const std::string& text) const {
    REQUIRE(write_file_atomically(directory + "/" + file, text).is_ok());
  }
};

int64_t sum(const std::vector<int64_t>& values) {
  return std::accumulate(values.begin(), values.end(), int64_t{0});
}

}  // namespace

TEST_CASE("the empty text is one </s> and padding") {
  const TokenizedText tokens = Tokenizer::load(kTokenizerFixture)->tokenize("");
  CHECK(tokens.ids.size() == 24);
  CHECK(tokens.ids[0] == 1);
  CHECK(sum(tokens.ids) == 1);
  CHECK(sum(tokens.mask) == 1);
  CHECK(tokens.dropped_tokens == 0);
}

TEST_CASE("a long text is cut before </s>, and what was cut is counted") {
  TokenizerCopy copy;
  const std::string text = "A cat jumps from the chair to the table.";
  const TokenizedText whole = Tokenizer::load(kTokenizerFixture)->tokenize(text);
  REQUIRE(whole.dropped_tokens == 0);
  const int64_t length = sum(whole.mask);
  copy.write("tokenizer_config.json", R"({"model_max_length": 5})");
  const TokenizedText cut = Tokenizer::load(copy.directory)->tokenize(text);
  CHECK(cut.ids.size() == 5);
  CHECK(std::equal(cut.ids.begin(), cut.ids.begin() + 4, whole.ids.begin()));
  CHECK(cut.ids[4] == 1);
  CHECK(cut.mask == std::vector<int64_t>(5, 1));
  CHECK(cut.dropped_tokens == length - 5);
}

TEST_CASE("without a smaller limit of its own a tokenizer pads to 512") {
  TokenizerCopy copy;
  for (const char* config : {"{}", R"({"model_max_length": 1000000000000000019884624838656})",
                             R"({"model_max_length": 512})"}) {
    copy.write("tokenizer_config.json", config);
    CHECK(Tokenizer::load(copy.directory)->max_length() == 512);
  }
}

TEST_CASE("a tokenizer directory without a SentencePiece model says what is missing") {
  TokenizerCopy copy;
  fs::remove(copy.directory + "/spiece.model");
  CHECK_THROWS_WITH(Tokenizer::load(copy.directory), Catch::Contains("spiece.model"));
  copy.write("tokenizer.json", "{}");
  CHECK_THROWS_WITH(Tokenizer::load(copy.directory), Catch::Contains("only tokenizer.json"));
}

TEST_CASE("a file that is no SentencePiece model is refused by name") {
  TokenizerCopy copy;
  copy.write("spiece.model", "not a model");
  CHECK_THROWS_WITH(Tokenizer::load(copy.directory), Catch::Contains("not a SentencePiece model"));
}

// Ids: T5TokenizerFast of transformers on the same spiece.model.
TEST_CASE("special tokens inside a text are tokens, not characters") {
  const auto tokenizer = Tokenizer::load(COX_SOURCE_DIR "/models/tiny/tokenizer");
  const auto ids_of = [&](const std::string& text) {
    const TokenizedText tokens = tokenizer->tokenize(text);
    return std::vector<int64_t>(tokens.ids.begin(), tokens.ids.begin() + sum(tokens.mask));
  };
  using Ids = std::vector<int64_t>;
  CHECK(ids_of("A dog runs.</s>") == Ids{17, 44, 11, 41, 84, 38, 15, 6, 8, 1, 1});
  CHECK(ids_of("<pad> dog") == Ids{0, 44, 11, 41, 1});
  CHECK(ids_of("a <unk> dog") == Ids{5, 3, 44, 11, 41, 1});
  CHECK(ids_of("<pad><pad></s>") == Ids{0, 0, 1, 1});
}

}  // namespace cox::engine
