#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sharing/stop_rule.h"

namespace cox::sharing {

/// The largest memory for the states that a trajectory keeps for several jobs. If they need more,
/// none is kept, and an earlier state is computed again from the start.
constexpr std::int64_t kMaxStateBytes = std::int64_t{4} << 30;

/// The planner's view of one job of an item.
struct JobShape {
  /// Digest of everything that determines the sequence of adapted states. Jobs with equal keys
  /// read one trajectory, at different steps and under different stop rules. "" = does not train.
  std::string trajectory;
  std::int64_t steps = 0;        ///< optimizer steps at most
  std::optional<StopRule> stop;  ///< none = the state after the last step generates
  /// Digest of everything, except the adapted state, that determines generation and decoding.
  std::string generation;
  /// Digest of everything that determines the passes of training and checks, for a method that
  /// changes only the output: equal passes are computed once, whatever the method's rate. "" = the
  /// passes are those of the trajectory.
  std::string passes = {};
};

/// One adaptation that serves all of `jobs`.
struct Trajectory {
  std::string key;
  std::int64_t steps = 0;         ///< of the job that reads the most steps
  std::vector<std::size_t> jobs;  ///< indices of the planned jobs, in their order
};

/// The work of one item's jobs: every trajectory once, then each job's generation. Equal
/// generations are found only once the chosen states are known; see GenerationId.
struct Plan {
  std::vector<Trajectory> trajectories;  ///< in the order of their first jobs
  std::vector<std::size_t> untrained;    ///< jobs that generate from the pretrained model
};

/// Groups jobs by trajectory.
Plan plan_jobs(const std::vector<JobShape>& jobs);

/// Returns the indices of the jobs in the order that shares the most work and finishes each job as
/// early as possible: first the jobs that do not train, because every start state generates what
/// they generate; then trajectory by trajectory, with the jobs that read the fewest steps first.
std::vector<std::size_t> run_order(const std::vector<JobShape>& jobs);

/// Optimizer steps of the plan, and of its jobs if each trains by itself to its last step.
std::int64_t shared_steps(const Plan& plan);
std::int64_t separate_steps(const std::vector<JobShape>& jobs);

/// Names an adapted state without looking at its tensors. Every trajectory begins at the pretrained
/// model, so step 0 is one state for all.
struct StateId {
  std::string trajectory;  ///< "" at step 0
  std::int64_t step = 0;
  auto operator<=>(const StateId&) const = default;
};

StateId state_id(const std::string& trajectory, std::int64_t step);

/// Jobs with equal state and equal generation key continue the item with equal pixels.
using GenerationId = std::pair<StateId, std::string>;

}  // namespace cox::sharing
