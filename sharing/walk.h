#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace cox::sharing {

/// What one job needs from a trajectory that keeps no states.
struct Reading {
  std::int64_t steps = 0;             ///< steps that the job runs
  std::optional<std::int64_t> state;  ///< the step whose state it needs afterwards; none = no state
};

/// Returns the steps that run to serve the readings in their order. An earlier state is computed
/// again from the start; later steps continue from the current state.
std::int64_t steps_walked(const std::vector<Reading>& readings);

}  // namespace cox::sharing
