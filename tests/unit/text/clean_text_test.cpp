#include "engine/text/clean_text.h"

#include <catch2/catch.hpp>

namespace cox::engine {

TEST_CASE("a clean caption passes as it is") {
  CHECK(clean_text("A cat sits.") == "A cat sits.");
  CHECK(clean_text("").empty());
}

TEST_CASE("an entity escaped three times is resolved unless a tag forbids the first pass") {
  CHECK(clean_text("&amp;amp;amp;") == "&");
  CHECK(clean_text("<b>&amp;amp;amp;amp;") == "<b>&amp;amp;");
}

TEST_CASE("text that would need guessing passes as it is") {
  CHECK(clean_text("cafÃ©") == "cafÃ©");            // UTF-8 once read as Latin-1
  CHECK(clean_text("cafe\u0301") == "cafe\u0301");  // not composed
}

TEST_CASE("text that is not UTF-8 is refused with the place") {
  CHECK_THROWS_WITH(clean_text("ab\xFFzz"), Catch::Contains("prompt") && Catch::Contains("byte 2"));
  CHECK_THROWS_WITH(clean_text("\xC0\x80"), Catch::Contains("byte 0"));      // overlong
  CHECK_THROWS_WITH(clean_text("\xED\xA0\x80"), Catch::Contains("byte 0"));  // surrogate
  CHECK_THROWS_WITH(clean_text("a\xE2\x82"), Catch::Contains("byte 1"));     // cut short
}

}  // namespace cox::engine
