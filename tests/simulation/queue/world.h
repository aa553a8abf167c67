#pragma once

#include <cstdint>

#include "tests/simulation/queue/disk.h"
#include "tests/simulation/queue/schedule.h"

namespace cox::simulation {

struct Outcome {
  std::string violation;  ///< "" = every promise was kept
  std::uint64_t results = 0;
  std::uint64_t computations = 0;
  std::uint64_t starts = 0;  ///< of coordinators
};

/// Runs one schedule to its end: until its faults are over and, healed, the queue has drained.
/// Deterministic. A broken invariant of the core itself ends the process (COX_CHECK).
Outcome run_schedule(const Schedule& schedule, Mutation mutation = Mutation::kNone);

}  // namespace cox::simulation
