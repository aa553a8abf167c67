#include "tests/simulation/queue/coordinator_model.h"

#include <algorithm>
#include <utility>

#include "coordinator/store/snapshot_check.h"

namespace cox::simulation {

namespace {

constexpr DurationUs kTick = 250 * kMillisecondUs;
constexpr DurationUs kLongestTickGap = kSecondUs;
constexpr DurationUs kLongestCommit = 5 * kMillisecondUs;
constexpr DurationUs kLongestSlowCommit = 2 * kSecondUs;

core::CoreConfig config() {
  return {.lease_duration = kLease,
          .reconnect_grace = kGrace,
          .worker_silence = 3 * kLease,
          .quarantine_after_kills = 60'000};  // the schedules kill more often than life does
}

}  // namespace

CoordinatorModel::CoordinatorModel(Timeline& timeline, Dice& dice, Disk& disk, Oracle& oracle,
                                   Mutation mutation)
    : timeline_(timeline), dice_(dice), disk_(disk), oracle_(oracle), mutation_(mutation) {
  start();
}

void CoordinatorModel::in_process(DurationUs delay, std::function<void()> action) {
  timeline_.after(delay, [this, process = process_, action = std::move(action)] {
    if (process != process_ || !core_) return;
    if (timeline_.now() < paused_until_) {
      return in_process(paused_until_ - timeline_.now(), action);
    }
    action();
  });
}

void CoordinatorModel::start() {
  ++process_;
  ++starts_;
  pending_.clear();
  commit_is_due_ = false;
  disk_is_full_ = false;
  paused_until_ = 0;
  last_tick_ = timeline_.now();
  oracle_.check_disk();
  core::Snapshot snapshot = disk_.load();
  if (const Status status = store::check_snapshot(snapshot); !status.is_ok()) {
    throw Violation("the database cannot be loaded: " + status.to_string());
  }
  store::bound_waits(snapshot, clock());
  core_.emplace(core::Core::restore(config(), std::move(snapshot), clock()));
  core_->sanity_check();
  in_process(kTick, [this] { tick(); });
}

void CoordinatorModel::die(DurationUs down) {
  core_.reset();
  ++process_;
  pending_.clear();
  disk_.lose_power();
  timeline_.after(down, [this, process = process_] {
    if (process == process_) start();
  });
}

void CoordinatorModel::kill(DurationUs down) {
  if (core_) die(down);
}

void CoordinatorModel::pause(DurationUs duration) {
  paused_until_ = std::max(paused_until_, timeline_.now() + duration);
}

void CoordinatorModel::jump_clock(DurationUs by, DurationUs down) {
  if (!core_) return;
  clock_offset_ += by;
  die(down);
}

void CoordinatorModel::be_replaced(DurationUs duration) {
  if (!core_) return;
  // Only reports are on their way to the disk; the rest was not written yet.
  std::vector<core::Effects> on_its_way;
  for (const Pending& pending : pending_) {
    if (pending.effects.answer<core::ReportAnswer>() != nullptr) {
      on_its_way.push_back(pending.effects);
    }
  }
  core_.reset();
  ++process_;
  start();
  timeline_.after(duration, [this, on_its_way = std::move(on_its_way)] {
    if (!on_its_way.empty() && disk_.commit(on_its_way)) oracle_.committed(on_its_way);
  });
}

void CoordinatorModel::heal() {
  disk_is_full_ = false;
  paused_until_ = 0;
  slow_until_ = 0;
  if (!core_) start();
}

void CoordinatorModel::handle(core::Event event, Reply reply) {
  if (!core_) return;
  if (timeline_.now() < paused_until_) {
    return in_process(
        paused_until_ - timeline_.now(),
        [this, event = std::move(event), reply = std::move(reply)] { apply(event, reply); });
  }
  apply(std::move(event), std::move(reply));
}

void CoordinatorModel::mutate(core::Event& event) const {
  auto* report = std::get_if<core::Reported>(&event);
  if (mutation_ != Mutation::kFencing || report == nullptr) return;
  const auto holder = holders_.find(report->job);
  if (holder == holders_.end()) return;
  report->worker = holder->second.worker;
  report->lease = holder->second.lease;
  report->attempt = holder->second.attempt;
}

void CoordinatorModel::note_holders(const core::Event& event, const core::Effects& effects) {
  const auto* asked = std::get_if<core::LeaseAsked>(&event);
  const auto* grant = effects.answer<core::LeaseGrant>();
  if (mutation_ != Mutation::kFencing || asked == nullptr || grant == nullptr) return;
  for (const core::GrantedJob& job : grant->jobs) {
    holders_[job.digest] = {asked->worker, grant->lease, job.attempt};
  }
}

void CoordinatorModel::apply(core::Event event, Reply reply) {
  mutate(event);
  core::Effects effects = core_->apply(event, clock());
  note_holders(event, effects);
  pending_.push_back({std::move(effects), std::move(reply)});
  if (std::exchange(commit_is_due_, true)) return;
  const DurationUs longest = timeline_.now() < slow_until_ ? kLongestSlowCommit : kLongestCommit;
  in_process(dice_.between(kMillisecondUs, longest), [this] { commit(); });
}

void CoordinatorModel::commit() {
  commit_is_due_ = false;
  std::vector<core::Effects> batch;
  std::vector<Pending> answered;
  answered.swap(pending_);
  for (const Pending& pending : answered) batch.push_back(pending.effects);
  if (std::exchange(disk_is_full_, false) || !disk_.commit(batch)) {
    return die(dice_.between(0, 5 * kSecondUs));
  }
  oracle_.committed(batch);
  for (const Pending& pending : answered) {
    if (pending.reply && !pending.effects.answers.empty()) {
      pending.reply(pending.effects.answers.front());
    }
  }
}

void CoordinatorModel::tick() {
  const DurationUs gap = timeline_.now() - std::exchange(last_tick_, timeline_.now());
  if (gap > kLongestTickGap) core_->apply(core::Stalled{gap}, clock());
  const auto due = core_->next_deadline();
  if (due && *due <= clock() && mutation_ != Mutation::kLeaseExpiry) apply(core::Tick{}, nullptr);
  in_process(kTick, [this] { tick(); });
}

}  // namespace cox::simulation
