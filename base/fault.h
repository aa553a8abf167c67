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

inline bool is_listed(std::string_view name) {
#define COX_FAULT_POINT(point, meaning) \
  if (name == #point) return true;
#include "base/fault_points.def"
#undef COX_FAULT_POINT
  return false;
}

}  // namespace fault

/// Ends the process at once (no destructors, no flushing) when COX_FAULT names this point. Points
/// are listed in base/fault_points.def. Thread-safe; costs one load when no fault is set.
inline void fault_point(std::string_view name) {
  static const fault::Plan plan;
  if (plan.name.empty()) return;
  COX_CHECK(fault::is_listed(name), std::string(name) + " is not in base/fault_points.def");
  static std::atomic<long> passed{0};
  if (name == plan.name && passed.fetch_add(1) + 1 == plan.passing) ::_exit(kFaultExitStatus);
}

}  // namespace cox
