#include "tests/simulation/queue/worker_model.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace cox::simulation {

namespace {

constexpr DurationUs kCallTimeout = 2 * kSecondUs;
constexpr DurationUs kRetry = 500 * kMillisecondUs;
constexpr DurationUs kLongestJob = 3 * kSecondUs;
constexpr std::uint32_t kMostJobs = 4;

}  // namespace

void Network::send(core::Event event, CoordinatorModel::Reply on_reply) {
  const int times = dice_.percent(duplicate_percent_) ? 2 : 1;
  for (int i = 0; i < times; ++i) {
    if (is_lost()) continue;
    timeline_.after(dice_.between(0, delay_), [this, event, on_reply] {
      coordinator_.handle(event, [this, on_reply](const core::Answer& answer) {
        if (!on_reply || is_lost()) return;
        timeline_.after(dice_.between(0, delay_), [on_reply, answer] { on_reply(answer); });
      });
    });
  }
}

WorkerModel::WorkerModel(Timeline& timeline, Dice& dice, Oracle& oracle, Network network,
                         std::string name, int failure_percent)
    : timeline_(timeline),
      dice_(dice),
      oracle_(oracle),
      network_(network),
      name_(std::move(name)),
      failure_percent_(failure_percent) {
  start();
}

void WorkerModel::in_process(DurationUs delay, std::function<void()> action) {
  timeline_.after(delay, [this, process = process_, action = std::move(action)] {
    if (process != process_ || !alive_) return;
    if (timeline_.now() < paused_until_) {
      return in_process(paused_until_ - timeline_.now(), action);
    }
    action();
  });
}

void WorkerModel::call(core::Event event, CoordinatorModel::Reply on_reply,
                       std::function<void()> on_timeout) {
  const auto answered = std::make_shared<bool>(false);
  network_.send(std::move(event), [this, process = process_, answered,
                                   on_reply = std::move(on_reply)](const core::Answer& answer) {
    if (process != process_) return;
    in_process(0, [answered, on_reply, answer] {
      if (!std::exchange(*answered, true)) on_reply(answer);
    });
  });
  in_process(kCallTimeout, [answered, on_timeout = std::move(on_timeout)] {
    if (!std::exchange(*answered, true)) on_timeout();
  });
}

void WorkerModel::start() {
  ++process_;
  alive_ = true;
  draining_ = false;
  paused_until_ = 0;
  id_.reset();
  lease_.reset();
  jobs_.clear();
  running_.reset();
  ++run_;
  for (const auto& [key, report] : spool_) send_report(key);
  in_process(spool_.empty() ? 0 : kRetry, [this] { join(); });
}

void WorkerModel::kill(DurationUs down) {
  if (!alive_) return;
  alive_ = false;
  ++process_;
  timeline_.after(down, [this, process = process_] {
    if (process == process_) start();
  });
}

void WorkerModel::pause(DurationUs duration) {
  paused_until_ = std::max(paused_until_, timeline_.now() + duration);
}

void WorkerModel::drain(DurationUs down) {
  if (!alive_) return;
  draining_ = true;
  in_process(kLongestJob, [this, down] {
    if (!draining_) return;
    if (id_) network_.send(core::WorkerLeft{*id_, ""}, nullptr);
    kill(down);
  });
}

void WorkerModel::heal() {
  network_.heal();
  paused_until_ = 0;
  failure_percent_ = 0;
  if (!alive_) start();
}

void WorkerModel::join() {
  abandon();
  id_.reset();
  core::WorkerJoined event;
  event.name = name_;
  event.machine = name_;
  event.device_name = "cpu";
  call(
      event,
      [this](const core::Answer& answer) {
        const auto* joined = std::get_if<core::WorkerAnswer>(&answer);
        if (joined == nullptr) return in_process(kRetry, [this] { join(); });
        id_ = joined->worker;
        in_process(kHeartbeat, [this, id = *id_] {
          if (id_ == id) beat();
        });
        ask_lease();
      },
      [this] { join(); });
}

void WorkerModel::ask_lease() {
  if (draining_ || !id_) return;
  const WorkerId id = *id_;
  call(
      core::LeaseAsked{id, "", kMostJobs},
      [this, id](const core::Answer& answer) {
        if (id_ != id) return;
        if (const auto* grant = std::get_if<core::LeaseGrant>(&answer)) return begin(*grant);
        if (std::holds_alternative<core::NoWork>(answer)) {
          return in_process(kRetry, [this, id] {
            if (id_ == id && !lease_) ask_lease();
          });
        }
        join();
      },
      [this, id] {
        if (id_ != id) return;
        // It may hold leases of which it was not informed: leaving returns them.
        network_.send(core::WorkerLeft{id, ""}, nullptr);
        join();
      });
}

void WorkerModel::begin(const core::LeaseGrant& grant) {
  lease_ = grant.lease;
  jobs_.clear();
  for (const core::GrantedJob& job : grant.jobs) jobs_.push_back({job.digest, job.attempt});
  run_next();
}

void WorkerModel::run_next() {
  running_.reset();
  ++run_;
  if (jobs_.empty()) {
    lease_.reset();
    return ask_lease();
  }
  if (draining_) return;
  running_ = jobs_.front();
  jobs_.pop_front();
  running_since_ = timeline_.now();
  in_process(dice_.between(kMillisecondUs, kLongestJob), [this, run = run_] {
    if (run == run_) finish();
  });
}

core::Reported WorkerModel::report_of(const Held& held, TimeUs began) {
  core::Reported report;
  report.worker = *id_;
  report.lease = *lease_;
  report.job = held.job;
  report.attempt = held.attempt;
  report.started_at = began;
  report.finished_at = timeline_.now();
  if (dice_.percent(failure_percent_)) {
    constexpr FailureCause kCauses[] = {FailureCause::kCrash, FailureCause::kOom,
                                        FailureCause::kData, FailureCause::kDiverged};
    report.outcome = JobFailure{kCauses[dice_.between(0, 3)], "it broke", ""};
  } else {
    JobOutput output;
    const double value = oracle_.computed(held.job, held.attempt);
    output.metrics.push_back({"psnr", value, {value}});
    report.outcome = core::JobResult(std::move(output));
  }
  return report;
}

void WorkerModel::finish() {
  const std::uint64_t key = ++last_report_;
  spool_.emplace(key, report_of(*running_, running_since_));
  send_report(key);
  run_next();
}

void WorkerModel::abandon() {
  lease_.reset();
  jobs_.clear();
  running_.reset();
  ++run_;
}

void WorkerModel::send_report(std::uint64_t key) {
  const auto report = spool_.find(key);
  if (report == spool_.end()) return;
  call(
      report->second,
      [this, key](const core::Answer& answer) {
        const auto spooled = spool_.find(key);
        const auto* verdict = std::get_if<core::ReportAnswer>(&answer);
        if (spooled == spool_.end() || verdict == nullptr) return;
        const core::Reported& sent = spooled->second;
        if (const auto* result = std::get_if<core::JobResult>(&sent.outcome);
            verdict->accepted && result != nullptr) {
          oracle_.acknowledged(sent.job, result->output().metrics.at(0).mean);
        }
        spool_.erase(spooled);
      },
      [this, key] { send_report(key); });
}

void WorkerModel::beat() {
  const WorkerId id = *id_;
  core::HeartbeatSeen event{id, {}, {}};
  const LeaseId about = lease_.value_or(LeaseId());
  if (lease_) event.leases.push_back(*lease_);
  if (running_) event.running = running_->job;
  call(
      event,
      [this, id, about](const core::Answer& answer) {
        if (id_ != id) return;
        if (std::holds_alternative<core::Refusal>(answer)) return join();
        if (const auto* heard = std::get_if<core::HeartbeatAnswer>(&answer)) hear(*heard, about);
      },
      [] {});
  in_process(kHeartbeat, [this, id] {
    if (id_ == id) beat();
  });
}

void WorkerModel::hear(const core::HeartbeatAnswer& answer, const LeaseId& about) {
  if (!lease_ || *lease_ != about) return;  // it has another one since
  if (!answer.dropped.empty()) {
    abandon();
    return ask_lease();
  }
  const auto is_cancelled = [&](const Held& held) {
    return std::find(answer.cancelled.begin(), answer.cancelled.end(), held.job) !=
           answer.cancelled.end();
  };
  std::erase_if(jobs_, is_cancelled);
  if (running_ && is_cancelled(*running_)) run_next();
}

}  // namespace cox::simulation
