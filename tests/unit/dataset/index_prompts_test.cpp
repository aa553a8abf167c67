#include "coordinator/dataset/prompts.h"

#include <catch2/catch.hpp>

#include "base/digest.h"
#include "base/file.h"
#include "coordinator/dataset/manifest.h"
#include "tests/support/temporary_directory.h"

using namespace cox;
using namespace cox::dataset;
using Catch::Matchers::Contains;
using Names = std::vector<std::string>;

namespace {

class List {
 public:
  explicit List(const std::string& text, const std::string& layout = "prompts") {
    REQUIRE(write_file_atomically(folder_ / "list.txt", text).is_ok());
    options.root = folder_ / "list.txt";
    options.layout = layout;
  }
  Manifest index() const {
    const auto manifest = index_dataset(options, {});
    INFO(manifest.status().message());
    REQUIRE(manifest.is_ok());
    return *manifest;
  }
  std::string error() const {
    const auto manifest = index_dataset(options, {});
    REQUIRE_FALSE(manifest.is_ok());
    return manifest.status().message();
  }
  std::string path(const std::string& name) const { return folder_ / name; }
  IndexOptions options;

 private:
  cox::test::TemporaryDirectory folder_;
};

Names prompts_of(const Manifest& manifest) {
  Names prompts;
  for (const ManifestPrompt& prompt : manifest.prompts) prompts.push_back(prompt.prompt);
  return prompts;
}

}  // namespace

TEST_CASE("a file with one prompt per line becomes items whose ids are made of the words") {
  const List list(
      "\xEF\xBB\xBF"
      "a cat on a mat\r\nÜber den Wolken\nA dog, running!\n");
  const Manifest manifest = list.index();
  CHECK(prompts_of(manifest) == Names{"a cat on a mat", "Über den Wolken", "A dog, running!"});
  CHECK(manifest.prompts[0].id == "a-cat-on-a-mat-" + sha256_of("a cat on a mat").substr(0, 8));
  CHECK(manifest.prompts[1].id.find("ber-den-wolken-") == 0);
  CHECK(manifest.prompts[2].id.find("a-dog-running-") == 0);
  CHECK(manifest.videos.empty());
  CHECK(manifest.name == "list");
  CHECK(manifest.list_sha256 == *sha256_of_file(list.options.root));
  // The same words have the same id wherever they stand.
  CHECK(List("A dog, running!").index().prompts[0].id == manifest.prompts[2].id);
}

TEST_CASE("a manifest of prompts is read as it was written") {
  List list("a\nb\n");
  list.options.dimensions = {"scene", "color"};
  const Manifest manifest = list.index();
  CHECK(manifest.prompts[0].dimensions == Names{"scene", "color"});
  const std::string path = list.path("prompts.json");
  REQUIRE(write_manifest(path, manifest).is_ok());
  const auto read = read_manifest(path);
  INFO(read.status().message());
  REQUIRE(read.is_ok());
  CHECK(*read == manifest);
}

TEST_CASE("empty lines, repeated prompts and words that are none are named by their line") {
  const std::string message = List("a\n\nb\na\n  \nb \n").error();
  CHECK_THAT(message, Contains("list.txt': line 2 is empty, line 4 repeats line 1, line 5 is "
                               "empty, line 6 repeats line 3; every prompt is one item"));
  CHECK_THAT(List("").error(), Contains("contains no prompts"));
  CHECK_THAT(List("a\nb\x1b[31m\n").error(), Contains("line 2: control character 0x1B at byte 1"));
  CHECK_THAT(List("a\ncaf\xe9\n").error(),
             Contains("expected UTF-8 text, got 0xE9 at byte 5 (line 2)"));
  CHECK_THAT(List(std::string(40'000, 'x')).error(), Contains("at most 32768 bytes, got 40000"));
}

TEST_CASE("Lists of other encodings, line ends and fields are refused with what to do") {
  CHECK_THAT(List("a cat\ra dog\r", "prompts").error(),
             Contains("line 1: carriage return at byte 5; lines end in LF or CRLF"));
  CHECK(List("a cat\r\na dog\r\n", "prompts").index().prompts.size() == 2);
  CHECK_THAT(List(std::string("\xFF\xFE"
                              "a\0\n\0",
                              6),
                  "prompts")
                 .error(),
             Contains("got 0xFF at byte 0") && Contains("iconv -f UTF-16"));
  CHECK_THAT(List("caf\xE9\n", "prompts").error(), Contains("iconv -f LATIN1"));
  for (const char* without :
       {R"([{"prompt_en": "a"}])", R"([{"prompt_en": "a", "dimension": []}])"}) {
    CHECK_THAT(List(without, "vbench").error(),
               Contains("entry 1: expected at least one name under 'dimension'") &&
                   Contains("--layout prompts"));
  }
  CHECK_THAT(List(R"([{"prompt_en": "a cat", "dim)", "vbench").error(),
             Contains("not JSON") && Contains("--layout prompts"));
}

TEST_CASE("VBench's JSON gives dimensions; a prompt of two entries is one item of both") {
  const List list(R"([{"prompt_en": "a", "dimension": ["appearance_style"],
    "auxiliary_info": {"appearance_style": {"appearance_style": "oil"}}},
    {"prompt_en": "b", "dimension": ["scene", "background_consistency"]},
    {"prompt_en": "a", "dimension": ["overall_consistency"]}])",
                  "vbench");
  const Manifest manifest = list.index();
  CHECK(prompts_of(manifest) == Names{"a", "b"});
  CHECK(manifest.prompts[0].dimensions == Names{"appearance_style", "overall_consistency"});
  CHECK(manifest.prompts[1].dimensions == Names{"scene", "background_consistency"});
}

TEST_CASE("JSON that is not VBench's is refused with the entry") {
  CHECK_THAT(List("a cat\n", "vbench").error(),
             Contains("a file with one prompt a line has --layout prompts"));
  CHECK_THAT(List(R"([{"prompt": "a"}])", "vbench").error(),
             Contains("entry 1: expected an object with 'prompt_en'"));
  CHECK_THAT(
      List(R"([{"prompt_en": "a", "dimension": ["x"]}, {"prompt_en": "b", "dimension": "scene"}])",
           "vbench")
          .error(),
      Contains("entry 2: 'dimension' must be a list of names, got \"scene\""));
  CHECK_THAT(
      List(R"([{"prompt_en": "a", "dimension": ["x"]}, {"prompt_en": " ", "dimension": ["x"]},
                      {"prompt_en": "a", "dimension": ["y", "x"]}])",
           "vbench")
          .error(),
      Contains("entry 2 is empty, entry 3 repeats entry 1"));
  CHECK_THAT(List(R"([{"prompt_en": "a", "dimension": ["x, y"]}])", "vbench").error(),
             Contains("entry 1: dimension 'x, y': expected a name"));
}

TEST_CASE("a smaller sample of prompts begins a larger one, and options of videos are refused") {
  List list("a\nb\nc\nd\ne\n");
  list.options.sample = 2;
  const Names two = prompts_of(list.index());
  list.options.sample = 4;
  const Names four = prompts_of(list.index());
  CHECK(two == Names(four.begin(), four.begin() + 2));
  list.options.sample = 9;
  CHECK(list.index().prompts.size() == 5);
  list.options.min_frames = 9;
  CHECK_THAT(list.error(), Contains("layout prompts lists prompts and does not use --min-frames"));
  List folder("a\n");
  folder.options.root = folder.path("");
  CHECK_THAT(folder.error(), Contains("is a directory; layout prompts reads a file"));
  List vbench("[]", "vbench");
  vbench.options.dimensions = {"scene"};
  CHECK_THAT(vbench.error(), Contains("layout vbench does not use --dimension (of prompts)"));
}

TEST_CASE("a manifest does not mix kinds of items, and checks prompts") {
  const List list("a\nb\n");
  const std::string path = list.path("prompts.json");
  Manifest manifest = list.index();
  manifest.videos.emplace_back().id = "v";
  CHECK_THAT(write_manifest(path, manifest).message(), Contains("expected videos or prompts"));
  manifest = list.index();
  manifest.prompts[1].id = manifest.prompts[0].id;
  CHECK_THAT(write_manifest(path, manifest).message(), Contains("appears twice"));
  manifest = list.index();
  manifest.prompts[1].prompt = "";
  CHECK_THAT(write_manifest(path, manifest).message(), Contains("got an empty string"));
}
