#pragma once

#include "base/status.h"
#include "coordinator/service/standing.h"
#include "proto/loopback_pages.h"

namespace cox::watch {

/// Returns what a coordinator answers at /metrics: metrics_text(), also while it cannot answer.
LoopbackPage metrics_page(const Result<service::Standing>& standing);

/// Returns what it answers at /health: a JSON object with its state ("working", or "stopped" and
/// why), its workers and its open jobs. HTTP status 503 once it cannot write its database.
LoopbackPage health_page(const Result<service::Standing>& standing);

}  // namespace cox::watch
