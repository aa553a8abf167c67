#include "coordinator/dataset/python_literal.h"

#include <catch2/catch.hpp>

using namespace cox::dataset;

namespace {

PythonValue parsed(const std::string& text) {
  auto value = parse_python_literal(text);
  INFO(text << ": " << value.status().message());
  REQUIRE(value.is_ok());
  return *value;
}

std::string text_of(const std::string& literal) {
  const PythonValue value = parsed(literal);
  REQUIRE(value.text() != nullptr);
  return *value.text();
}

}  // namespace

TEST_CASE("Strings come in both quotes, with apostrophes, escapes and Unicode") {
  CHECK(text_of("'plain'") == "plain");
  CHECK(text_of("\"it's\"") == "it's");
  CHECK(text_of("'it\\'s \"quoted\"'") == "it's \"quoted\"");
  CHECK(text_of("'a\\n\\t\\\\\\x41\\u00e9\\U0001F600'") == "a\n\t\\A\xC3\xA9\xF0\x9F\x98\x80");
  CHECK(text_of("'caf\xC3\xA9, [not] a list'") == "caf\xC3\xA9, [not] a list");
}

TEST_CASE("Lists and tuples nest; numbers and None are values") {
  const PythonValue value = parsed(" [['a', 'b'], (1, -2.5e-3,), [], None] ");
  REQUIRE(value.list() != nullptr);
  REQUIRE(value.list()->size() == 4);
  CHECK(*value.list()->at(0).list()->at(1).text() == "b");
  CHECK(*value.list()->at(1).list()->at(1).number() == -2.5e-3);
  CHECK(value.list()->at(1).list()->size() == 2);
  CHECK(value.list()->at(2).list()->empty());
  CHECK(std::holds_alternative<std::monostate>(value.list()->at(3).data));
}

TEST_CASE("A string that is not a literal is rejected with the position") {
  for (const char* text :
       {"", "[1", "['a' 'b']", "['a]", "name", "[1] x", "'\\q'", "'\\u12'", "[1,,2]", "{'a': 1}"}) {
    INFO(text);
    const auto value = parse_python_literal(text);
    REQUIRE_FALSE(value.is_ok());
    CHECK(value.status().message().find("character ") == 0);
  }
  CHECK_FALSE(parse_python_literal(std::string(1000, '[')).is_ok());
}
