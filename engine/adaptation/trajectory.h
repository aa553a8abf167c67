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
#include "engine/adaptation/raw_outputs.h"
#include "engine/adaptation/settings.h"
#include "engine/adaptation/snapshot.h"
#include "engine/adaptation/step_draws.h"
#include "engine/monitor.h"
#include "engine/tensors/error.h"
#include "record/adaptation_summary.h"
#include "sharing/observer.h"

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

/// The one optimization loop of every method: loss, clip, step, early stop, best state. Any number
/// of jobs read it, each at its own step and under its own stop rule; the states do not depend on
/// who reads. Owned by one thread. After an exception other than a cancellation or a divergence it
/// must be destroyed.
class Trajectory {
 public:
  /// Bounds the states that are kept for several jobs; a single job may always keep its own.
  static constexpr std::int64_t kMaxStateBytes = std::int64_t{4} << 30;

  /// The adaptation, and what the problem refers to, must outlive it. The settings are those that
  /// all of its jobs have in common: optimizer and loss.
  /// `raw` holds what a method that acts on the output only need not compute again; nullptr = what
  /// this trajectory computes by itself.
  Trajectory(AdaptationProblem problem, Adaptation& adaptation, const AdaptationSettings& settings,
             std::int64_t max_state_bytes = kMaxStateBytes, RawOutputs* raw = nullptr);
  Trajectory(const Trajectory&) = delete;
  Trajectory& operator=(const Trajectory&) = delete;

  /// Adds a job, before the first step. Returns false, and adds nothing, when the states that it
  /// may need do not fit beside those of the others.
  bool watch(const std::string& job, const sharing::JobShape& shape);
  bool watched_by(const std::string& job) const { return watchers_.count(job) != 0; }
  bool watched() const { return !watchers_.empty(); }
  std::vector<std::string> watchers() const;

  /// Runs until the job ends by its own rule, and puts the state that it generates from in place.
  /// A loss or gradient that is not finite throws EngineError (cause diverged) naming the step, to
  /// each job that reads so far; those that read less are not affected.
  Reached reach(const std::string& job, JobMonitor& monitor);

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
  void advance(LoopTimings& spent);
  void keep_states();
  double take_step();
  at::Tensor answer(const std::string& question,
                    const std::function<at::Tensor(const Adapter&)>& compute);
  sharing::ProbeLosses measure(const std::vector<Watcher*>& due, LoopTimings& spent);
  void place(std::int64_t step);
  bool needs_live_state() const;
  AdaptationSummary summary_of(const Watcher& watcher);
  [[noreturn]] void diverge(const char* what, double value);

  AdaptationProblem problem_;
  Adaptation& adaptation_;
  LossTarget target_;
  std::int64_t max_state_bytes_;
  std::vector<ParameterGroup> groups_;
  Optimizer optimizer_;
  StepDraws draws_;
  Adapter pretrained_;  ///< changes nothing
  RawOutputs own_raw_{""};
  RawOutputs& raw_;
  std::set<std::string> asked_;  ///< of raw_, so far
  double reused_s_ = 0;          ///< what answers that others computed had taken
  std::map<std::string, Watcher> watchers_;
  bool started_ = false;

  std::int64_t step_ = 0;                    ///< of the live state
  std::int64_t placed_ = 0;                  ///< the step whose state is in place
  std::optional<Snapshot> live_;             ///< the live state while another one is in place
  std::map<std::int64_t, Snapshot> states_;  ///< by step
  std::vector<double> losses_;
  std::vector<double> step_s_;
  std::optional<EngineError> divergence_;  ///< of step step_ + 1
};

}  // namespace cox::engine
