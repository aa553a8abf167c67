#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/adaptation/problem.h"
#include "engine/adaptation/replayed_backbone.h"
#include "engine/adaptation/saved_state.h"
#include "engine/adaptation/settings.h"
#include "engine/adaptation/snapshot.h"
#include "engine/adaptation/step_draws.h"
#include "engine/monitor.h"
#include "engine/tensors/error.h"
#include "record/adaptation_summary.h"
#include "sharing/observer.h"
#include "sharing/state_store.h"

namespace cox::engine {

/// Wall seconds, measured with an idle device.
struct LoopTimings {
  double train_s = 0;
  double early_stop_s = 0;
};

/// The results that a job reads from a trajectory.
struct Reached {
  AdaptationSummary summary;
  LoopTimings alone;  ///< time of the job's own steps and probes, whoever computed them
  LoopTimings spent;  ///< time that this call spent
};

/// Where a trajectory saves its states, so that the next process can resume it.
struct StateSaving {
  sharing::StateStore* store = nullptr;  ///< nullptr saves nothing
  std::string trajectory;  ///< digest of everything that determines the states, bit for bit
  double every_s = 10;     ///< most seconds of computation that a crash may cost
};

/// The optimization loop of every method: loss, clip, step, early stop, best state. Any number of
/// jobs can read it, each at its own step and under its own stop rule; the states do not depend on
/// the readers. Owned by one thread. After an exception other than a cancellation or a divergence
/// it must be destroyed.
class Trajectory {
 public:
  /// The adaptation, and the objects that the problem refers to, must outlive the trajectory.
  /// `settings` are common to all of its jobs: optimizer and loss. `max_state_bytes` bounds the
  /// states that are kept for several jobs; a single job may always keep its own. If the states of
  /// several jobs do not fit, none is kept. `raw` caches raw outputs for a method that changes only
  /// the output; nullptr = a cache of this trajectory only.
  Trajectory(AdaptationProblem problem, Adaptation& adaptation, const AdaptationSettings& settings,
             std::int64_t max_state_bytes = sharing::kMaxStateBytes, RawOutputs* raw = nullptr);
  /// Larger states are not saved.
  static constexpr std::int64_t kMaxSavedBytes = std::int64_t{64} << 20;
  /// The number of saved states to try before the trajectory starts from the beginning.
  static constexpr int kMaxTried = 16;

  Trajectory(const Trajectory&) = delete;
  Trajectory& operator=(const Trajectory&) = delete;

  /// Adds a job. Call it before the first step.
  void watch(const std::string& job, const sharing::JobShape& shape);
  bool watched_by(const std::string& job) const { return watchers_.count(job) != 0; }
  bool watched() const { return !watchers_.empty(); }
  std::vector<std::string> watchers() const;

  /// Call it before the first step. Saves states from now on, and resumes from the last saved state
  /// that serves every job.
  void save_to(StateSaving saving) { saving_ = std::move(saving); }

  /// Runs until the job ends by its own rule. A loss or gradient that is not finite throws
  /// EngineError (cause diverged) naming the step, for each job that reads that step; jobs that
  /// read fewer steps are not affected.
  Reached reach(const std::string& job, JobMonitor& monitor);

  /// Restores the state after `step`, which a job of the trajectory must have reached and chosen.
  /// Returns the seconds spent on repeating steps.
  double place(std::int64_t step, JobMonitor& monitor);

  /// Removes a job, which needs no more states.
  void leave(const std::string& job) { watchers_.erase(job); }

 private:
  struct Watcher {
    sharing::JobShape shape;
    std::size_t probes = 0;  ///< in one check by its rule
    std::optional<sharing::Observer> observer;
    double checks_s = 0;
  };

  void start(LoopTimings& spent);
  void advance(LoopTimings& spent, JobMonitor& monitor);
  bool resume();
  bool resume_from(const SavedState& state);
  void save();
  void keep_states();
  double take_step(std::int64_t step);
  AdaptationProblem asked_problem() const;
  void backward(const at::Tensor& loss);
  sharing::ProbeLosses measure(const std::vector<Watcher*>& due, LoopTimings& spent);
  double norm_at(std::int64_t step, LoopTimings& spent, JobMonitor& monitor);
  void walk_to(std::int64_t step, JobMonitor& monitor);
  bool needs_live_state() const;
  AdaptationSummary summary_of(const Watcher& watcher) const;
  [[noreturn]] void diverge(const char* what, double value, std::int64_t step);

  AdaptationProblem problem_;
  Adaptation& adaptation_;
  std::int64_t max_state_bytes_;
  std::vector<ParameterGroup> groups_;
  Optimizer optimizer_;
  StepDraws draws_;
  RawOutputs own_raw_{""};
  std::optional<ReplayedBackbone> replayed_;  ///< of a method that acts on the output only
  std::map<std::string, Watcher> watchers_;
  bool started_ = false;
  bool keeps_states_ = true;

  std::int64_t step_ = 0;                    ///< of the live state
  std::int64_t placed_ = 0;                  ///< the step whose state is in place
  std::optional<Snapshot> live_;             ///< the live state while another one is in place
  std::map<std::int64_t, Snapshot> states_;  ///< by step
  std::vector<double> losses_;
  std::vector<double> step_s_;
  sharing::CheckLosses checks_;             ///< by step
  std::map<std::int64_t, double> check_s_;  ///< by step
  std::map<std::int64_t, double> norms_;    ///< of the changes, by step
  StateSaving saving_;
  double unsaved_s_ = 0;                   ///< of computation since the last saved state
  std::optional<EngineError> divergence_;  ///< at step step_ + 1
};

}  // namespace cox::engine
