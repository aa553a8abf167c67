#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <map>

#include "cli/options.h"

using namespace cox;
using namespace cox::cli;

namespace {

Environment environment(std::map<std::string, std::string> variables) {
  return [variables](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::string() : found->second;
  };
}

}  // namespace

TEST_CASE("an option wins over a variable, and a variable over the default") {
  SourceOptions options;
  CHECK(options.choose(environment({}))->endpoint.address == kDefaultAddress);
  CHECK(options.choose(environment({{"COX_COORDINATOR", "h:1"}}))->endpoint.address == "h:1");
  CHECK(options.choose(environment({{"COX_DB", "e.db"}}))->database == "e.db");

  options.coordinator = "flag:2";
  CHECK(options.choose(environment({{"COX_COORDINATOR", "h:1"}}))->endpoint.address == "flag:2");
  const auto over_db = options.choose(environment({{"COX_DB", "e.db"}}));
  CHECK(over_db->database.empty());
  CHECK(over_db->endpoint.address == "flag:2");

  options.coordinator.clear();
  options.database = "flag.db";
  CHECK(options.choose(environment({{"COX_COORDINATOR", "h:1"}}))->database == "flag.db");
}

TEST_CASE("two sources on one level are refused instead of one being ignored") {
  SourceOptions both;
  both.database = "a.db";
  both.coordinator = "h:1";
  CHECK(both.choose(environment({})).status().code() == StatusCode::kInvalidArgument);
  const auto variables = environment({{"COX_DB", "a.db"}, {"COX_COORDINATOR", "h:1"}});
  CHECK(SourceOptions{}.choose(variables).status().code() == StatusCode::kInvalidArgument);
}

TEST_CASE("the token comes only from the environment") {
  const Endpoint endpoint =
      SourceOptions{}.endpoint(environment({{"COX_TOKEN", "secret"}, {"COX_CA_FILE", "ca.pem"}}));
  CHECK(endpoint.token == "secret");
  CHECK(endpoint.ca_file == "ca.pem");
}

TEST_CASE("a number above 0 is finite, and the message says what was expected and given") {
  for (const char* good : {"1", "0.5", "1e9"}) CHECK(above_zero(good).empty());
  for (const char* wrong : {"0", "-1", "nan", "inf", "1e300", "", "5s"}) {
    CHECK(above_zero(wrong) ==
          fmt::format("expected a number above 0, at most 1000000000, got '{}'", wrong));
  }
}
