#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "coordinator/watch/metrics_text.h"
#include "coordinator/watch/pages.h"

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

TEST_CASE("the page of metrics is Prometheus' also of a coordinator that stopped") {
  const LoopbackPage page = metrics_page(service::Standing{.workers = 2});
  CHECK(page.http_status == 200);
  CHECK(page.type.find("version=0.0.4") != std::string::npos);
  CHECK(page.body.find("cox_workers 2\n") != std::string::npos);
  CHECK(metrics_page(internal_error("disk")).body == stopped_metrics_text());
}

TEST_CASE(
    "health is 200 with what there is to do, and 503 with why once the database cannot be "
    "written") {
  const LoopbackPage well =
      health_page(service::Standing{.jobs = {.queued = 3, .leased = 1}, .workers = 2});
  CHECK(well.http_status == 200);
  CHECK(nlohmann::json::parse(well.body) == nlohmann::json{{"format", "cox-health/1"},
                                                           {"state", "working"},
                                                           {"workers", 2},
                                                           {"queued", 3},
                                                           {"running", 1}});
  const LoopbackPage stopped = health_page(internal_error("the \"disk\" is full"));
  CHECK(stopped.http_status == 503);
  CHECK(nlohmann::json::parse(stopped.body) == nlohmann::json{{"format", "cox-health/1"},
                                                              {"state", "stopped"},
                                                              {"reason", "the \"disk\" is full"}});
}
