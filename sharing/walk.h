#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace cox::sharing {

/// What one job asks of a trajectory that keeps no states.
struct Reading {
  std::int64_t steps = 0;             ///< that the job runs
  std::optional<std::int64_t> state;  ///< the step whose state it needs afterwards; none = no state
};

/// Returns the steps that run for the readings in their order. A state that has passed is walked to
/// again from the start, and the next steps continue from the state in place.
std::int64_t steps_walked(const std::vector<Reading>& readings);

}  // namespace cox::sharing
