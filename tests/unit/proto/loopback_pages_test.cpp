#include "proto/loopback_pages.h"

#include <httplib.h>

#include <catch2/catch.hpp>

using namespace cox;

TEST_CASE("pages are served on loopback at their paths only, with their status and type") {
  const auto server = LoopbackPages::start(
      "--metrics", "127.0.0.1:0",
      {{"/metrics", [] { return LoopbackPage{.body = "cox_x 1\n", .type = "text/plain"}; }},
       {"/health", [] { return LoopbackPage{.body = "{}", .http_status = 503}; }}});
  REQUIRE(server.is_ok());
  const std::string address = (*server)->address();
  httplib::Client client(address);
  const auto answer = client.Get("/metrics");
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(answer->body == "cox_x 1\n");
  CHECK(answer->get_header_value("Content-Type") == "text/plain");
  const auto sick = client.Get("/health");
  REQUIRE(sick);
  CHECK(sick->status == 503);
  CHECK(sick->get_header_value("Content-Type") == "application/json");
  CHECK(client.Get("/")->status == 404);
  const auto second =
      LoopbackPages::start("--metrics", "127.0.0.1" + address.substr(address.rfind(':')), {});
  CHECK(second.status().code() == StatusCode::kUnavailable);
}

TEST_CASE(
    "an address that is invalid or not loopback is refused, and the message names the option") {
  for (const std::string address : {"0.0.0.0:9420", "example.org:80", "127.0.0.1",
                                    "127.0.0.1:", "127.0.0.1:99999", "127.0.0.1:9x", ":9420", ""}) {
    INFO(address);
    const Status status = LoopbackPages::start("--health", address, {}).status();
    CHECK(status.code() == StatusCode::kInvalidArgument);
    CHECK(LoopbackPages::check("--health", address).message() == status.message());
    CHECK_THAT(status.message(), Catch::Contains("--health '" + address + "'"));
    CHECK_THAT(status.message(), Catch::Contains("127.0.0.1:PORT"));
  }
}
