#pragma once

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/status.h"

namespace cox {

/// The exit status of a process that stopped at a fault point, so that a test can tell an injected
/// crash from a real one.
constexpr int kFaultExitStatus = 85;

namespace fault {

/// The value of COX_FAULT: `name`, or `name:n` for the n-th passing.
struct Plan {
  std::string name;
  long passing = 1;

  Plan() {
    const char* wanted = std::getenv("COX_FAULT");
    if (wanted == nullptr) return;
    name = wanted;
    if (const size_t colon = name.find(':'); colon != std::string::npos) {
      passing = std::strtol(name.c_str() + colon + 1, nullptr, 10);
      name.resize(colon);
    }
  }
};

struct Point {
  std::string_view name;
  std::string_view shows;
};

/// Every point where a test can end a process. tests/fault/coverage_test.cpp fails when a point has
/// no test.
inline constexpr Point kPoints[] = {
    {"store_before_commit", "effects were computed, nothing is on disk"},
    {"store_after_commit", "effects are on disk, the caller was not answered"},
    {"worker_before_report", "the result is computed and not spooled"},
    {"worker_after_spool", "the result is on the worker's disk and not sent"},
    {"worker_after_report", "the coordinator has the result, the spool file is still there"},
    {"engine_after_video_write", "the generated video is on disk, the result is not"}};

inline bool is_listed(std::string_view name) {
  for (const Point& point : kPoints) {
    if (point.name == name) return true;
  }
  return false;
}

}  // namespace fault

/// Ends the process at once (no destructors, no flushing) when COX_FAULT names this point. `name`
/// must be in fault::kPoints. Thread-safe; costs one load when no fault is set.
inline void fault_point(std::string_view name) {
  static const fault::Plan plan;
  if (plan.name.empty()) return;
  COX_CHECK(fault::is_listed(name), std::string(name) + " is not in base/fault.h");
  static std::atomic<long> passed{0};
  if (name == plan.name && passed.fetch_add(1) + 1 == plan.passing) ::_exit(kFaultExitStatus);
}

}  // namespace cox
