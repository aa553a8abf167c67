#include "base/text.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <limits>

using namespace cox;

TEST_CASE("join_first counts the names that it omits") {
  CHECK(join_first({}, 2).empty());
  CHECK(join_first({"a", "b"}, 2) == "a, b");
  CHECK(join_first({"a", "b", "c", "d", "e"}, 2) == "a, b and 3 more");
}

TEST_CASE("lower_case changes only ASCII letters") {
  CHECK(lower_case("Apply.AVI 9_Z") == "apply.avi 9_z");
  CHECK(lower_case("\xc3\x84") == "\xc3\x84");  // a capital A with dots in UTF-8
}

TEST_CASE("exact_decimal reads back as the same double and never looks like an integer") {
  CHECK(exact_decimal(1.0) == "1.0");
  CHECK(exact_decimal(0.01) == "0.01");
  CHECK(exact_decimal(1e-15) == "1e-15");
  CHECK(exact_decimal(std::numeric_limits<double>::infinity()) == "inf");
  for (const double value : {0.1, 1.0 / 3.0, 8.3e-4, 1e300, 5e-324}) {
    CHECK(std::strtod(exact_decimal(value).c_str(), nullptr) == value);
  }
}

TEST_CASE("nearest_name finds a slip and refuses a stranger") {
  const std::vector<std::string> names = {"num_steps", "lr", "groups"};
  CHECK(nearest_name("num_step", names) == "num_steps");
  CHECK(nearest_name("gruops", names) == "groups");
  CHECK(nearest_name("temperature", names).empty());
}

TEST_CASE("Times print as UTC with microseconds") {
  CHECK(format_time_utc(0) == "1970-01-01T00:00:00.000000Z");
  CHECK(format_time_utc(1'795'248'605'123'456) == "2026-11-21T08:10:05.123456Z");
}

TEST_CASE("split keeps empty parts and join undoes it") {
  const auto parts = split("a,,b,", ',');
  CHECK(parts.size() == 4);
  CHECK(join(parts, ",") == "a,,b,");
  CHECK(trim(" \t x y\n") == "x y");
}

TEST_CASE("first_invalid_utf8 finds what Unicode 15, table 3-7, does not list") {
  for (const char* text : {"", "plain", "caf\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80",
                           "\xED\x9F\xBF", "\xEE\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    CHECK(first_invalid_utf8(text) == std::nullopt);
  }
  CHECK(first_invalid_utf8("caf\xE9 x") == 3);
  CHECK(first_invalid_utf8("\xC0\xAF") == 0);          // overlong
  CHECK(first_invalid_utf8("a\xE0\x9F\xBF") == 1);     // overlong
  CHECK(first_invalid_utf8("ab\xED\xA0\x80") == 2);    // surrogate
  CHECK(first_invalid_utf8("\xF4\x90\x80\x80") == 0);  // beyond U+10FFFF
  CHECK(first_invalid_utf8("\xF0\x8F\xBF\xBF") == 0);  // overlong
  CHECK(first_invalid_utf8("x\xE2\x82") == 1);         // cut off
  CHECK(first_invalid_utf8("\x80") == 0);
}

TEST_CASE("Control characters are found and shown as bytes") {
  CHECK(first_control_character("a\tb\x1B", "\t") == 3);
  CHECK(first_control_character("a b\xC3\xA9") == std::nullopt);
  CHECK(first_control_character("\x7F") == 0);
  CHECK(escaped("caf\xE9 \x1B[2J caf\xC3\xA9") == "caf\\xE9 \\x1B[2J caf\xC3\xA9");
}

TEST_CASE("abbreviated cuts between characters") {
  CHECK(abbreviated("abc", 3) == "abc");
  CHECK(abbreviated("abcd", 3) == "abc...");
  CHECK(abbreviated("ab\xC3\xA9"
                    "d",
                    3) == "ab...");
}
