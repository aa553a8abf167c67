#include "coordinator/web/request.h"

#include <catch2/catch.hpp>

using cox::web::kMaxParameterBytes;
using cox::web::Request;

TEST_CASE("a request hands out its parameters and refuses what it cannot read", "[web]") {
  const Request request(
      {{"run", "a"}, {"run", "b"}, {"limit", "20"}, {"odd", "-1"}, {"empty", ""}});
  CHECK(request.text("run") == "a");
  CHECK(request.texts("run") == std::vector<std::string>{"a", "b"});
  CHECK(request.text("missing").empty());
  CHECK(request.number("limit", 5, 100).value() == 20);
  CHECK(request.number("missing", 5, 100).value() == 5);
  CHECK(request.number("limit", 5, 10).status().message() ==
        "parameter 'limit': expected a number from 0 to 10, got '20'");
  CHECK(!request.number("odd", 5, 10).is_ok());
  CHECK(request.required("empty").status().message() == "missing parameter 'empty'");
  const Request longer({{"sql", std::string(kMaxParameterBytes + 1, 'x')}});
  CHECK(longer.required("sql").status().code() == cox::StatusCode::kInvalidArgument);
}
