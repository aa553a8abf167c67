#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cox::sharing {

/// Keeps states of trajectories beyond the process, so that a trajectory that was cut can be
/// continued. May forget any state at any time; what it returns is what was saved, byte for byte.
/// Owned by one thread.
class StateStore {
 public:
  virtual ~StateStore() = default;

  /// Returns the steps that have a saved state, ascending. `trajectory` is a digest of everything
  /// that the states follow from.
  virtual std::vector<std::int64_t> steps(const std::string& trajectory) = 0;

  /// Returns nothing for a state that is missing or damaged.
  virtual std::optional<std::string> load(const std::string& trajectory, std::int64_t step) = 0;

  /// A state that cannot be saved costs time after a crash and nothing else: it is logged.
  virtual void save(const std::string& trajectory, std::int64_t step, std::string_view state) = 0;
};

}  // namespace cox::sharing
