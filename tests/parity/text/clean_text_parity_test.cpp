// Against ftfy, html and re of Python. The fixtures are remade with
//     python tests/parity/fixtures/make_text.py
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "engine/text/clean_text.h"

namespace cox::engine {

TEST_CASE("captions are cleaned as the published pipeline cleans them") {
  const auto text = read_file(COX_SOURCE_DIR "/tests/parity/fixtures/text/cases.json");
  REQUIRE(text.is_ok());
  const auto cases = nlohmann::json::parse(text.value()).at("clean");
  REQUIRE(cases.size() > 20);
  for (const auto& item : cases) {
    const auto original = item.at("text").get<std::string>();
    CAPTURE(original);
    CHECK(clean_text(original) == item.at("cleaned").get<std::string>());
  }
}

}  // namespace cox::engine
