#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/core/core.h"
#include "tests/simulation/queue/coordinator_model.h"

namespace cox::simulation {

/// What the network does to messages between one worker and the coordinator.
class Network {
 public:
  Network(Timeline& timeline, Dice& dice, CoordinatorModel& coordinator, int loss_percent,
          int duplicate_percent, int delay_ms)
      : timeline_(timeline),
        dice_(dice),
        coordinator_(coordinator),
        loss_percent_(loss_percent),
        duplicate_percent_(duplicate_percent),
        delay_(delay_ms * kMillisecondUs) {}

  /// Sends; `on_reply` may be called once, later, or never, for each time that the message arrives.
  void send(core::Event event, CoordinatorModel::Reply on_reply);
  void cut(DurationUs duration) { cut_until_ = timeline_.now() + duration; }
  void heal() { loss_percent_ = duplicate_percent_ = 0, cut_until_ = 0; }

 private:
  bool is_lost() { return timeline_.now() < cut_until_ || dice_.percent(loss_percent_); }

  Timeline& timeline_;
  Dice& dice_;
  CoordinatorModel& coordinator_;
  int loss_percent_;
  int duplicate_percent_;
  DurationUs delay_;
  TimeUs cut_until_ = 0;
};

/// A worker by its protocol: register, lease, compute, spool, report, beat. Its process may stand
/// still, die and start again; its spool stays.
class WorkerModel {
 public:
  WorkerModel(Timeline& timeline, Dice& dice, Oracle& oracle, Network network, std::string name,
              int failure_percent);

  void kill(DurationUs down);
  void pause(DurationUs duration);
  void cut(DurationUs duration) { network_.cut(duration); }
  /// Leaves in good order after the job in flight, and starts again.
  void drain(DurationUs down);
  void heal();

 private:
  struct Held {
    core::JobDigest job;
    std::uint32_t attempt = 0;
  };

  void start();
  void in_process(DurationUs delay, std::function<void()> action);
  /// A call with an answer or a timeout, whichever comes first.
  void call(core::Event event, CoordinatorModel::Reply on_reply, std::function<void()> on_timeout);

  void join();
  void ask_lease();
  void begin(const core::LeaseGrant& grant);
  void run_next();
  void finish();
  void abandon();
  void beat();
  void hear(const core::HeartbeatAnswer& answer, const LeaseId& about);
  void send_report(std::uint64_t key);
  core::Reported report_of(const Held& held, TimeUs began);

  Timeline& timeline_;
  Dice& dice_;
  Oracle& oracle_;
  Network network_;
  std::string name_;
  int failure_percent_;

  int process_ = 0;
  bool alive_ = false;
  bool draining_ = false;
  TimeUs paused_until_ = 0;
  std::optional<WorkerId> id_;
  std::optional<LeaseId> lease_;
  std::deque<Held> jobs_;
  std::optional<Held> running_;
  TimeUs running_since_ = 0;
  int run_ = 0;  ///< number of the job in flight; another one = it was cancelled
  std::map<std::uint64_t, core::Reported> spool_;  ///< on the worker's disk
  std::uint64_t last_report_ = 0;
};

}  // namespace cox::simulation
