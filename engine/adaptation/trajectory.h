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

/// Wall seconds, the device idle at each boundary.
struct LoopTimings {
  double train_s = 0;
  double early_stop_s = 0;
};

/// What a job reads from a trajectory.
struct Reached {
  AdaptationSummary summary;
  LoopTimings alone;  ///< what the job's own steps and probes took, whoever computed them
  LoopTimings spent;  ///< what this call computed
};

/// Where a trajectory saves its states, so that the next process continues it.
struct StateSaving {
  sharing::StateStore* store = nullptr;  ///< nullptr saves nothing
  std::string trajectory;  ///< digest of everything that the states follow from, bit for bit
  double every_s = 10;     ///< computed seconds that the end of the process may cost
};

/// The one optimization loop of every method: loss, clip, step, early stop, best state. Any number
/// of jobs read it, each at its own step and under its own stop rule; the states do not depend on
/// who reads. Owned by one thread. After an exception other than a cancellation or a divergence it
/// must be destroyed.
class Trajectory {
 public:
  /// The adaptation, and what the problem refers to, must outlive it. The settings are those that
  /// all of its jobs have in common: optimizer and loss.
  /// `max_state_bytes` bounds the states that are kept for several jobs; a single job may always
  /// keep its own. When those of several do not fit, none is kept.
  /// `raw` holds what a method that acts on the output only need not compute again; nullptr = what
  /// this trajectory computes by itself.
  Trajectory(AdaptationProblem problem, Adaptation& adaptation, const AdaptationSettings& settings,
             std::int64_t max_state_bytes = sharing::kMaxStateBytes, RawOutputs* raw = nullptr);
  /// A larger state is not saved.
  static constexpr std::int64_t kMaxSavedBytes = std::int64_t{64} << 20;
  /// Saved states that are tried before the trajectory begins at its start.
  static constexpr int kMaxTried = 16;

  Trajectory(const Trajectory&) = delete;
  Trajectory& operator=(const Trajectory&) = delete;

  /// Adds a job, before the first step.
  void watch(const std::string& job, const sharing::JobShape& shape);
  bool watched_by(const std::string& job) const { return watchers_.count(job) != 0; }
  bool watched() const { return !watchers_.empty(); }
  std::vector<std::string> watchers() const;

  /// Before the first step: saves states from now on, and begins at the last saved one that serves
  /// every job.
  void save_to(StateSaving saving) { saving_ = std::move(saving); }

  /// Runs until the job ends by its own rule. A loss or gradient that is not finite throws
  /// EngineError (cause diverged) naming the step, to each job that reads so far; those that read
  /// less are not affected.
  Reached reach(const std::string& job, JobMonitor& monitor);

  /// Puts the state after `step` in place, which a job of the trajectory has reached and chosen.
  /// Returns the seconds of the steps that ran again for it.
  double place(std::int64_t step, JobMonitor& monitor);

  /// The job needs no more states.
  void leave(const std::string& job) { watchers_.erase(job); }

 private:
  struct Watcher {
    sharing::JobShape shape;
    std::size_t probes = 0;  ///< of one check by its rule
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
  double unsaved_s_ = 0;                   ///< computed since the last saved state
  std::optional<EngineError> divergence_;  ///< of step step_ + 1
};

}  // namespace cox::engine
