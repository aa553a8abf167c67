#include "coordinator/web/web_server.h"

#include <httplib.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "base/abandon.h"
#include "base/clock.h"
#include "coordinator/report/data/query.h"
#include "coordinator/store/store.h"
#include "coordinator/web/database_pool.h"
#include "tests/support/temporary_directory.h"

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

TEST_CASE("a server that stops does not wait for what it computes", "[web]") {
  const test::TemporaryDirectory directory;
  const std::string path = directory / "a.db";
  REQUIRE(store::Store::open(path).is_ok());
  const report::Query database = web::shared_database_query(path).value();
  std::atomic<bool> asked = false;
  // Every query of the page counts to infinity.
  const report::Query slow(
      [&](const std::string& sql) -> Result<report::Table> {
        if (sql.find("v_journal") != std::string::npos) return database(sql);
        asked = true;
        return database(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM "
            "n");
      },
      "slow");
  for (const char* document : {"/api/query?sql=SELECT%201", "/api/series?series=s"}) {
    INFO(document);
    asked = false;
    auto server = web::WebServer::start({.port = 0, .cache_folder = ""}, slow).value();
    const std::string address = server->address().substr(0, server->address().size() - 1);
    std::jthread reader([&] { httplib::Client(address).Get(document); });
    const double give_up = monotonic_seconds() + 30;
    while (!asked && monotonic_seconds() < give_up) std::this_thread::yield();
    REQUIRE(asked);
    const double stop = monotonic_seconds();
    server.reset();
    CHECK(monotonic_seconds() - stop < 1);
  }
}
