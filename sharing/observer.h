#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "sharing/early_stop.h"
#include "sharing/plan.h"
#include "sharing/stop_rule.h"

namespace cox::sharing {

/// One job's view of a trajectory that may run for many: counts the steps that the job would run by
/// itself and replays its stop rule on losses that are measured for all.
class Observer {
 public:
  /// `start` holds the losses before the first step; it is read only under a stop rule.
  Observer(const JobShape& job, const ProbeLosses& start);

  /// True while the job needs another step.
  bool active() const { return !stopped() && steps_run_ < steps_; }
  /// The trajectory took a step. Returns true when the job's rule wants a check now.
  bool advance();
  /// Takes the losses after the current step. Returns true when this state is the best so far.
  bool check(const ProbeLosses& losses);

  std::int64_t steps_run() const { return steps_run_; }
  bool stopped() const { return early_stop_ && early_stop_->stopped(); }
  /// The step whose state generates: under a rule the best one, else the last. 0 is the start.
  std::int64_t chosen_step() const { return early_stop_ ? early_stop_->best_step() : steps_run_; }
  /// Losses by the job's rule: at the start, then after each check. Empty without a rule.
  const std::vector<double>& losses() const { return losses_; }

 private:
  std::int64_t steps_;
  std::optional<StopRule> rule_;
  std::optional<EarlyStop> early_stop_;
  std::int64_t steps_run_ = 0;
  std::vector<double> losses_;
};

/// The losses of the checks of a trajectory, by the step that they follow; 0 is the start.
using CheckLosses = std::map<std::int64_t, ProbeLosses>;

/// The job's view after `steps` steps of a trajectory whose checks are known. None when a loss that
/// its rule looks at was not measured.
std::optional<Observer> replayed(const JobShape& job, const CheckLosses& checks,
                                 std::int64_t steps);

/// The probes that the rules due after `step` look at, each once, in their order.
std::vector<Probe> probes_due(const std::vector<JobShape>& jobs,
                              const std::vector<std::size_t>& due);

}  // namespace cox::sharing
