#include "record/value.h"

#include <catch2/catch.hpp>

using namespace cox;

TEST_CASE("Canonical text tells types apart and is one text for one value") {
  CHECK(canonical_text(Value(1)) == "1");
  CHECK(canonical_text(Value(1.0)) == "1.0");
  CHECK(canonical_text(Value(1e-2)) == canonical_text(Value(0.01)));
  CHECK(canonical_text(Value(true)) == "true");
  CHECK(canonical_text(Value("true")) == "\"true\"");
  CHECK(canonical_text(Value(Value::List{0.25, 0.5})) == "[0.25,0.5]");
  CHECK(canonical_text(Value("a\"b\n")) == "\"a\\\"b\\u000a\"");
}
