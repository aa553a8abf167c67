#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cox::sharing {

/// Saves states of trajectories outside the process, so that an interrupted trajectory can be
/// resumed. It may drop any state at any time, but returns exactly the bytes that were saved. Owned
/// by one thread.
class StateStore {
 public:
  virtual ~StateStore() = default;

  /// Returns the steps that have a saved state, ascending. `trajectory` is a digest of everything
  /// that determines the states.
  virtual std::vector<std::int64_t> steps(const std::string& trajectory) = 0;

  /// Returns nothing if a state is missing or damaged.
  virtual std::optional<std::string> load(const std::string& trajectory, std::int64_t step) = 0;

  /// A failure to save only costs time after a crash: it is logged, not returned.
  virtual void save(const std::string& trajectory, std::int64_t step, std::string_view state) = 0;
};

}  // namespace cox::sharing
