#pragma once

#include <memory>
#include <vector>

#include "engine/engine.h"
#include "engine/engine_state.h"
#include "engine/parallel/part_threads.h"
#include "engine/parallel/parts.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

/// The devices that share each job, usually one.
struct Engine::Team {
  Team(const EngineOptions& options, const std::vector<c10::Device>& chosen);

  State& first() { return *states.front(); }
  JobFailure joint_failure(const JobInput& input, const std::vector<JobOutcome>& outcomes);
  JobFailure first_failure(const std::vector<JobOutcome>& outcomes) const;

  std::vector<c10::Device> devices;
  Parts parts;  ///< outlives what works with its groups
  PartThreads threads;
  std::vector<std::unique_ptr<State>> states;  ///< by rank
};

}  // namespace cox::engine
