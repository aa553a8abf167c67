#include "engine/engine_team.h"

#include <algorithm>
#include <optional>
#include <string>
#include <variant>

#include "base/log.h"
#include "engine/nn/kernels.h"

namespace cox::engine {

Engine::Team::Team(const EngineOptions& options, const std::vector<c10::Device>& chosen)
    : devices(chosen),
      parts(chosen, options.part_bounds),
      threads(static_cast<int>(chosen.size())) {
  threads.run([&](int) { configure_tensor_library(options.threads, options.deterministic); });
  EngineOptions own = options;
  // Each device could find, or miss, a saved state at a different time.
  if (devices.size() > 1) own.states = nullptr;
  // All devices keep states in the memory of one machine.
  own.max_state_bytes /= static_cast<std::int64_t>(devices.size());
  for (const c10::Device& device : devices) {
    prepare_kernels(device);
    states.push_back(std::make_unique<State>(own, device, states.empty()));
    states.back()->facts.gpus = device.is_cpu() ? 0 : static_cast<int>(devices.size());
    states.back()->groups = parts.groups(static_cast<int>(states.size()) - 1);
  }
}

/// What went wrong first, and not what followed from it on the other devices.
JobFailure Engine::Team::first_failure(const std::vector<JobOutcome>& outcomes) const {
  JobFailure first{FailureCause::kCrash, parts.watch_reason(), kPartFailure};
  if (const std::optional<int> rank = parts.failed_rank()) {
    first = std::get<JobFailure>(outcomes.at(static_cast<std::size_t>(*rank)));
  }
  for (const JobOutcome& outcome : outcomes) {
    const auto* failure = std::get_if<JobFailure>(&outcome);
    if (failure != nullptr && failure->poisoned) first.poisoned = true;
  }
  return first;
}

/// The failure of a job that a device, or the watch over them, has ended. All devices are ready for
/// the next job afterwards, or the failure says that they are not.
JobFailure Engine::Team::joint_failure(const JobInput& input,
                                       const std::vector<JobOutcome>& outcomes) {
  JobFailure failure = first_failure(outcomes);
  std::vector<JobFailure> recovered(states.size(), failure);
  threads.run([&](int rank) {
    const auto index = static_cast<std::size_t>(rank);
    states[index]->recover(input, recovered[index]);
  });
  for (const JobFailure& one : recovered) failure.poisoned = failure.poisoned || one.poisoned;
  try {
    parts.reconnect();
  } catch (const std::exception& error) {
    log(LogLevel::kError, "engine", "cannot reconnect the GPUs", {{"error", error.what()}});
    failure.poisoned = true;
  }
  return failure;
}

}  // namespace cox::engine
