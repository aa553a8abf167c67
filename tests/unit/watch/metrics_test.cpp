#include <httplib.h>

#include <catch2/catch.hpp>

#include "coordinator/watch/metrics_server.h"
#include "coordinator/watch/metrics_text.h"

using namespace cox;
using namespace cox::watch;

TEST_CASE("metrics count each state, and names cannot break a line") {
  service::Standing standing{.jobs = {.queued = 3, .done = 5},
                             .series = {{"de\"mo\\\n", {.queued = 3, .failed = 1}}},
                             .workers = 2,
                             .sequence = 41};
  const std::string text = metrics_text(standing);
  for (const std::string line :
       {"cox_working 1\n", "cox_jobs{state=\"queued\"} 3\n", "cox_jobs{state=\"done\"} 5\n",
        "cox_series_jobs{series=\"de\\\"mo\\\\\\n\",state=\"failed\"} 1\n", "cox_workers 2\n",
        "cox_events_total 41\n", "# TYPE cox_jobs gauge\n"}) {
    INFO(line);
    CHECK(text.find(line) != std::string::npos);
  }
  CHECK(stopped_metrics_text().find("cox_working 0\n") != std::string::npos);
}

TEST_CASE("metrics are served on loopback at /metrics only") {
  const auto server = MetricsServer::start("127.0.0.1:0", [] { return std::string("cox_x 1\n"); });
  REQUIRE(server.is_ok());
  const std::string address = (*server)->address();
  const std::size_t path = address.rfind('/');
  httplib::Client client(address.substr(0, path));
  const auto answer = client.Get("/metrics");
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(answer->body == "cox_x 1\n");
  CHECK(answer->get_header_value("Content-Type").find("version=0.0.4") != std::string::npos);
  CHECK(client.Get("/")->status == 404);
  const std::string port = address.substr(address.rfind(':') + 1, path - address.rfind(':') - 1);
  const auto second = MetricsServer::start("127.0.0.1:" + port, [] { return std::string(); });
  CHECK(second.status().code() == StatusCode::kUnavailable);
}

TEST_CASE("metrics are refused beyond loopback and at what is no address") {
  for (const std::string address : {"0.0.0.0:9420", "example.org:80", "127.0.0.1",
                                    "127.0.0.1:", "127.0.0.1:99999", "127.0.0.1:9x", ":9420", ""}) {
    INFO(address);
    const Status status = MetricsServer::start(address, [] { return std::string(); }).status();
    CHECK(status.code() == StatusCode::kInvalidArgument);
    CHECK(MetricsServer::check(address).message() == status.message());
    CHECK_THAT(status.message(), Catch::Contains("127.0.0.1:PORT"));
  }
}
