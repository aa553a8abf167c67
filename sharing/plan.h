#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sharing/stop_rule.h"

namespace cox::sharing {

/// Bounds the states that a trajectory keeps for several jobs. When they take more, none is kept,
/// and steps run again from the start to a state that has passed.
constexpr std::int64_t kMaxStateBytes = std::int64_t{4} << 30;

/// What the planner knows of one job of an item.
struct JobShape {
  /// Digest of everything that the sequence of adapted states follows from. Jobs with equal keys
  /// read one trajectory, at different steps and under different stop rules. "" = trains nothing.
  std::string trajectory;
  std::int64_t steps = 0;        ///< optimizer steps at most
  std::optional<StopRule> stop;  ///< none = the state after the last step generates
  /// Digest of everything that generation and decoding follow from besides the adapted state.
  std::string generation;
  /// Digest of what the passes of training and checks follow from, for a method that acts on the
  /// output only: equal passes are computed once, whatever the method's rate. "" = the passes are
  /// those of the trajectory.
  std::string passes = {};
};

/// One adaptation that serves all of `jobs`.
struct Trajectory {
  std::string key;
  std::int64_t steps = 0;         ///< of the job that reads farthest
  std::vector<std::size_t> jobs;  ///< indices of the planned jobs, in their order
};

/// The work of one item's jobs: every trajectory once, then each job's generation. Which
/// generations are equal shows when the chosen states are known; see GenerationId.
struct Plan {
  std::vector<Trajectory> trajectories;  ///< in the order of their first jobs
  std::vector<std::size_t> untrained;    ///< jobs that generate from the pretrained model
};

/// Groups jobs by trajectory.
Plan plan_jobs(const std::vector<JobShape>& jobs);

/// The order in which jobs share most while each is done as soon as it can be, as indices: jobs
/// that train nothing first, since their generation is that of every start state; then one
/// trajectory after another, and in it the jobs that read least first.
std::vector<std::size_t> run_order(const std::vector<JobShape>& jobs);

/// Optimizer steps of the plan, and of its jobs when each trains by itself to its last step.
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
