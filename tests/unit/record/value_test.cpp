#include "record/value.h"

#include <catch2/catch.hpp>

using namespace cox;

TEST_CASE("The canonical string distinguishes types and is unique for each value") {
  CHECK(canonical_text(Value(1)) == "1");
  CHECK(canonical_text(Value(1.0)) == "1.0");
  CHECK(canonical_text(Value(1e-2)) == canonical_text(Value(0.01)));
  CHECK(canonical_text(Value(true)) == "true");
  CHECK(canonical_text(Value("true")) == "\"true\"");
  CHECK(canonical_text(Value(Value::List{0.25, 0.5})) == "[0.25,0.5]");
  CHECK(canonical_text(Value("a\"b\n")) == "\"a\\\"b\\u000a\"");
}
