// Against CLIPTokenizer of transformers. The fixture is remade with
//     python tests/parity/fixtures/make_clip_tokenizer.py
#include "engine/text/clip_tokenizer.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "engine/text/clean_text.h"
#include "tests/support/temporary_directory.h"

namespace cox::engine {

namespace {

constexpr std::int64_t kLength = 77;

nlohmann::json fixture() {
  const auto text = read_file(COX_SOURCE_DIR "/tests/parity/fixtures/text/clip_tokenizer.json");
  REQUIRE(text.is_ok());
  return nlohmann::json::parse(text.value());
}

void write(const std::string& path, const std::string& content) {
  REQUIRE(write_file_atomically(path, content).is_ok());
}

}  // namespace

TEST_CASE("CLIP's tokenizer gives the published ids") {
  const nlohmann::json expected = fixture();
  const cox::test::TemporaryDirectory folder;
  for (const char* file : {"vocab.json", "merges.txt"}) {
    write(folder / file, expected.at(file).get<std::string>());
  }
  const auto tokenizer = ClipTokenizer::load(folder.path(), kLength);
  REQUIRE(expected.at("cases").size() > 10);
  for (const auto& item : expected.at("cases")) {
    const auto text = item.at("text").get<std::string>();
    CAPTURE(text);
    CHECK(tokenizer->tokenize(clean_text(text)).ids ==
          item.at("ids").get<std::vector<std::int64_t>>());
  }
  CHECK(tokenizer->tokenize("a cat").dropped_tokens == 0);
  CHECK(tokenizer->tokenize(std::string(400, '7')).dropped_tokens == 400 - (kLength - 2));
}

TEST_CASE("CLIP's tokenizer quickly splits a long caption without spaces") {
  // Pieces of one, two and four letters, in the layout of the published vocabulary.
  nlohmann::json vocabulary;
  std::string merges = "#version: 0.2\n";
  const auto add = [&](const std::string& left, const std::string& right) {
    vocabulary[left + right] = vocabulary.size();
    if (!left.empty()) merges += left + " " + right + "\n";
  };
  const std::string letters = "abcdefghijklmnopqrstuvwxyz";
  std::vector<std::string> pairs;
  for (const char a : letters) {
    add("", {a});
    add("", std::string(1, a) + "</w>");
    for (const char b : letters) pairs.push_back({a, b});
  }
  for (const std::string& pair : pairs) add({pair[0]}, {pair[1]});
  for (std::size_t i = 0; i < 10'000; ++i) add(pairs[i % 676], pairs[i / 676]);
  add("", "<|startoftext|>");
  add("", "<|endoftext|>");
  const auto tokenizer = ClipTokenizer::parse("", vocabulary.dump(), merges, kLength);
  std::string caption;
  for (std::uint32_t i = 0, mixed = 1; i < 60'000; ++i) {
    mixed = mixed * 1664525u + 1013904223u;
    caption += letters[(mixed >> 24) % letters.size()];
  }
  const auto begun = std::chrono::steady_clock::now();
  const ClipTokenizer::Tokens tokens = tokenizer->tokenize(caption);
  // A pass over the word for each merge takes over 10 s.
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(3));
  CHECK(tokens.ids.size() == kLength);
  CHECK(tokens.dropped_tokens > 10'000);
}

TEST_CASE("a damaged CLIP tokenizer is a clear error") {
  const cox::test::TemporaryDirectory folder;
  const auto load = [&] { return ClipTokenizer::load(folder.path(), kLength); };
  CHECK_THROWS_WITH(load(), Catch::Contains("vocab.json"));
  write(folder / "vocab.json", R"({"a": 0})");
  CHECK_THROWS_WITH(load(), Catch::Contains("<|startoftext|>"));
  write(folder / "vocab.json", R"({"a": 0, "<|startoftext|>": 1, "<|endoftext|>": 2})");
  write(folder / "merges.txt", "#version: 0.2\na b c\n");
  CHECK_THROWS_WITH(load(), Catch::Contains("two pieces") && Catch::Contains("a b c"));
  write(folder / "merges.txt", "#version: 0.2\n");
  CHECK_THROWS_WITH(load()->tokenize("cat"), Catch::Contains("missing piece 'c'"));
}

}  // namespace cox::engine
