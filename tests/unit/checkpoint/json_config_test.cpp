#include "engine/checkpoint/json_config.h"

#include "engine/tensors/error.h"
#include "tests/support/torch_catch.h"

using namespace cox;
using namespace cox::engine;
using Catch::Matchers::Contains;

TEST_CASE("A config gives typed values and refuses everything else by name") {
  const JsonConfig config = JsonConfig::parse(
      R"({"depth": 3, "eps": 1e-6, "pad": true, "kind": "a", "sizes": [1, 2], "none": null,
          "nested": {"depth": 4}})",
      "model/config.json");
  CHECK(config.integer("depth") == 3);
  CHECK(config.real("eps") == 1e-6);
  CHECK(config.real("depth") == 3);
  CHECK(config.boolean("pad"));
  CHECK(config.integers("sizes") == std::vector<int64_t>{1, 2});
  CHECK(config.object("nested").integer("depth") == 4);
  CHECK(!config.has("none"));
  CHECK_THROWS_WITH(config.integer("width"), Contains("model/config.json: missing key 'width'"));
  CHECK_THROWS_WITH(config.integer("eps"), Contains("'eps': expected an integer, got 1e-06"));
  CHECK_THROWS_WITH(config.boolean("depth"), Contains("expected true or false, got 3"));
  CHECK_THROWS_WITH(config.object("nested").text("depth"), Contains("config.json:nested: 'depth'"));
  CHECK_THROWS_AS(JsonConfig::parse("{", "x"), EngineError);
}

TEST_CASE("An override replaces an existing entry and does not change the original") {
  const JsonConfig config = JsonConfig::parse(R"({"pad": true})", "c");
  CHECK(!config.with_override("pad", "false").boolean("pad"));
  CHECK(config.boolean("pad"));
  CHECK_THROWS_WITH(config.with_override("pod", "1"), Contains("cannot override 'pod'"));
}
