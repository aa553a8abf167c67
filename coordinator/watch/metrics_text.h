#pragma once

#include <string>

#include "coordinator/service/standing.h"

namespace cox::watch {

/// What /metrics answers: Prometheus' text format, version 0.0.4. docs/operations.md explains each
/// metric.
std::string metrics_text(const service::Standing& standing);

/// The same of a coordinator that can no longer answer: only cox_working 0.
std::string stopped_metrics_text();

}  // namespace cox::watch
