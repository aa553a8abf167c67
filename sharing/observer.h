#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "sharing/early_stop.h"
#include "sharing/plan.h"
#include "sharing/stop_rule.h"

namespace cox::sharing {

/// One job's view of a trajectory that several jobs may share: counts the steps that the job would
/// run by itself and applies its stop rule to the losses measured for all of them.
class Observer {
 public:
  /// `start` holds the losses before the first step; it is read only under a stop rule.
  Observer(const JobShape& job, const ProbeLosses& start);

  /// True while the job needs another step.
  bool active() const { return !stopped() && steps_run_ < steps_; }
  /// Records a step of the trajectory. Returns true if the job's rule requires a check now.
  bool advance();
  /// Records the losses after the current step. Returns true when this state is the best so far.
  bool check(const ProbeLosses& losses);

  std::int64_t steps_run() const { return steps_run_; }
  bool stopped() const { return early_stop_ && early_stop_->stopped(); }
  /// Returns the step whose state generates: the best under a rule, otherwise the last. 0 is the
  /// start.
  std::int64_t chosen_step() const { return early_stop_ ? early_stop_->best_step() : steps_run_; }
  /// Returns the losses under the job's rule: at the start, then after each check. Empty without a
  /// rule.
  const std::vector<double>& losses() const { return losses_; }

 private:
  std::int64_t steps_;
  std::optional<StopRule> rule_;
  std::optional<EarlyStop> early_stop_;
  std::int64_t steps_run_ = 0;
  std::vector<double> losses_;
};

/// The losses of a trajectory's checks, by the step before each check; 0 is the start.
using CheckLosses = std::map<std::int64_t, ProbeLosses>;

/// Returns the job's view after `steps` steps of a trajectory whose checks are known; nothing if a
/// loss that its rule needs was not measured.
std::optional<Observer> replayed(const JobShape& job, const CheckLosses& checks,
                                 std::int64_t steps);

/// Returns the probes that the rules due after `step` need, each once, in their order.
std::vector<Probe> probes_due(const std::vector<JobShape>& jobs,
                              const std::vector<std::size_t>& due);

}  // namespace cox::sharing
