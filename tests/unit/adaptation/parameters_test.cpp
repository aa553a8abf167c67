#include "engine/parameters.h"

#include <catch2/catch.hpp>

using cox::Parameters;
using cox::Value;
using cox::engine::ParameterReader;

TEST_CASE("every type reads back, and an integer serves as a number") {
  const Parameters parameters = {{"flag", true},
                                 {"whole", 3},
                                 {"real", 0.5},
                                 {"text", "abc"},
                                 {"reals", Value::List{0.25, 1}},
                                 {"texts", Value::List{"a", "b"}}};
  ParameterReader reader(parameters);
  CHECK(reader.flag("flag"));
  CHECK(reader.integer("whole") == 3);
  CHECK(reader.real("real") == 0.5);
  CHECK(reader.real("whole") == 3.0);
  CHECK(reader.text("text") == "abc");
  CHECK(reader.reals("reals") == std::vector<double>{0.25, 1});
  CHECK(reader.texts("texts") == std::vector<std::string>{"a", "b"});
  CHECK_NOTHROW(reader.finish());
}

TEST_CASE("messages name the parameter, what was expected and what was got") {
  const Parameters parameters = {{"steps", "many"}, {"lr", -1.0}, {"groups", 2.5}};
  ParameterReader reader(parameters);
  CHECK_THROWS_WITH(reader.integer("steps"), "parameter steps: expected an integer, got \"many\"");
  CHECK_THROWS_WITH(reader.real("lr", {0, 1}),
                    "parameter lr: expected a number from 0 up to 1, got -1.0");
  CHECK_THROWS_WITH(reader.integer("groups", 1),
                    "parameter groups: expected an integer from 1, got 2.5");
  CHECK_THROWS_WITH(reader.flag("absent"),
                    "parameter absent: expected true or false, got nothing (missing)");
  CHECK_THROWS_WITH(reader.choice("steps", {"few", "some"}),
                    "parameter steps: expected one of few, some, got \"many\"");
}

TEST_CASE("a parameter that nobody reads is an error") {
  const Parameters parameters = {{"steps", 5}, {"stray", 1}};
  ParameterReader reader(parameters);
  reader.integer("steps");
  CHECK_THROWS_WITH(reader.finish(), Catch::Contains("stray"));
}
