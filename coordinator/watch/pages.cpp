#include "coordinator/watch/pages.h"

#include <nlohmann/json.hpp>

#include "coordinator/watch/metrics_text.h"

namespace cox::watch {

namespace {

constexpr const char* kMetricsType = "text/plain; version=0.0.4; charset=utf-8";
constexpr int kUnavailableStatus = 503;

}  // namespace

LoopbackPage metrics_page(const Result<service::Standing>& standing) {
  return {.body = standing.is_ok() ? metrics_text(*standing) : stopped_metrics_text(),
          .type = kMetricsType};
}

LoopbackPage health_page(const Result<service::Standing>& standing) {
  nlohmann::ordered_json health = {{"format", "cox-health/1"}};
  LoopbackPage page;
  if (standing.is_ok()) {
    health["state"] = "working";
    health["workers"] = standing->workers;
    health["queued"] = standing->jobs.queued;
    health["running"] = standing->jobs.leased;
  } else {
    health["state"] = "stopped";
    health["reason"] = standing.status().message();
    page.http_status = kUnavailableStatus;
  }
  page.body = health.dump() + "\n";
  return page;
}

}  // namespace cox::watch
