#include "coordinator/dataset/csv.h"

#include <catch2/catch.hpp>

using namespace cox::dataset;
using Record = std::vector<std::string>;

namespace {

std::vector<Record> records(const std::string& text) {
  CsvReader reader(text, "t.csv");
  std::vector<Record> all;
  while (true) {
    auto record = reader.next();
    INFO(record.status().message());
    REQUIRE(record.is_ok());
    if (!record->has_value()) return all;
    all.push_back(**record);
  }
}

}  // namespace

TEST_CASE("Quoted fields hold commas, doubled quotes and line breaks; lines end in LF or CRLF") {
  CHECK(records("a,b\r\n\"x,1\",\"say \"\"hi\"\"\"\n\"two\nlines\",\n") ==
        std::vector<Record>{{"a", "b"}, {"x,1", "say \"hi\""}, {"two\nlines", ""}});
}

TEST_CASE("Empty lines and a missing last line break do not matter") {
  CHECK(records("a,b\n\n\nc,d") == std::vector<Record>{{"a", "b"}, {"c", "d"}});
  CHECK(records("").empty());
}

TEST_CASE("Broken quotes are refused with the line") {
  CsvReader open("a\n\"b\n\n", "t.csv");
  REQUIRE(open.next().is_ok());
  CHECK(open.next().status().message().find("t.csv:2") != std::string::npos);
  CsvReader trailing("\"a\"b,c\n", "t.csv");
  CHECK(trailing.next().status().message().find("after a closing quote") != std::string::npos);
}

TEST_CASE("The reader knows on which line a record began") {
  CsvReader reader("a\n\"b\nc\"\nd\n", "t.csv");
  REQUIRE(reader.next().is_ok());
  CHECK(reader.line() == 1);
  REQUIRE(reader.next().is_ok());
  CHECK(reader.line() == 2);
  REQUIRE(reader.next().is_ok());
  CHECK(reader.line() == 4);
}
