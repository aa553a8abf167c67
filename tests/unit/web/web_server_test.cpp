#include "coordinator/web/web_server.h"

#include <catch2/catch.hpp>

#include "coordinator/report/data/query.h"

using namespace cox;

namespace {

report::Query nothing() {
  return report::Query([](const std::string&) { return Result<report::Table>(report::Table{}); },
                       "nothing");
}

}  // namespace

TEST_CASE("the page is served on loopback only", "[web]") {
  const auto refused =
      web::WebServer::start({.host = "0.0.0.0", .port = 0, .cache_folder = ""}, nothing());
  CHECK(refused.status().code() == StatusCode::kInvalidArgument);
  CHECK(refused.status().message().find("ssh -L") != std::string::npos);
}

TEST_CASE("a port in use is told", "[web]") {
  const auto first = web::WebServer::start({.port = 0, .cache_folder = ""}, nothing());
  REQUIRE(first.is_ok());
  const std::string& address = (*first)->address();
  const int port = std::stoi(address.substr(address.rfind(':') + 1));
  const auto second = web::WebServer::start({.port = port, .cache_folder = ""}, nothing());
  CHECK(second.status().code() == StatusCode::kUnavailable);
  CHECK(second.status().message().find("Address already in use; choose another port") !=
        std::string::npos);
}

TEST_CASE("a server that is stopped at once ends", "[web]") {
  for (int i = 0; i < 50; ++i) {
    CHECK(web::WebServer::start({.port = 0, .cache_folder = ""}, nothing()).is_ok());
  }
}
