#include "coordinator/service/ledger.h"

#include <utility>

#include "base/fault.h"
#include "base/log.h"

namespace cox::service {

namespace {
/// A longer time between two ticks is a stall, in which no worker was heard.
constexpr DurationUs kLongestTickGap = kSecondUs;
/// A lost notification costs at most this much.
constexpr std::chrono::milliseconds kRecheck{1'000};
}  // namespace

Ledger::Ledger(core::Core core, store::Store store, const Clock& clock)
    : clock_(clock),
      core_(std::move(core)),
      store_(std::move(store)),
      last_tick_(stall_clock_.now_us()) {}

/// Leaves what the next commit writes to it.
void Ledger::commit_later(core::Effects effects) {
  effects.answers.clear();
  if (!effects.saves.empty()) pending_.push_back(std::move(effects));
}

/// The event's answers; its saves wait for the next commit.
core::Effects Ledger::apply_in_memory(core::Event event) {
  core::Effects effects = core_.apply(std::move(event), clock_.now_us());
  core::Effects answers{{}, std::move(effects.answers)};
  commit_later(std::move(effects));
  return answers;
}

Result<core::Effects> Ledger::apply(core::Event event) {
  MutexLock lock(mutex_);
  COX_RETURN_IF_ERROR(stopped_);
  core::Effects answers = apply_in_memory(std::move(event));
  // Also an answer without saves may rest on what others have pending.
  COX_RETURN_IF_ERROR(commit_through(newest_batch()));
  return answers;
}

Result<std::vector<core::Effects>> Ledger::apply(std::vector<core::Event> events) {
  MutexLock lock(mutex_);
  COX_RETURN_IF_ERROR(stopped_);
  std::vector<core::Effects> answers;
  for (core::Event& event : events) answers.push_back(apply_in_memory(std::move(event)));
  COX_RETURN_IF_ERROR(commit_through(newest_batch()));
  return answers;
}

Status Ledger::tick() {
  MutexLock lock(mutex_);
  COX_RETURN_IF_ERROR(stopped_);
  const TimeUs moment = stall_clock_.now_us();
  if (committing_ && moment - commit_began_ > kLongestTickGap) return Status::ok();
  const DurationUs gap = moment - std::exchange(last_tick_, moment);
  const TimeUs now = clock_.now_us();
  if (gap > kLongestTickGap) {
    log(LogLevel::kWarning, "coordinator", "was busy or stopped; leases last that much longer",
        {{"seconds", gap / kSecondUs}});
    core_.apply(core::Stalled{gap}, now);
  }
  const std::optional<TimeUs> due = core_.next_deadline();
  if (!due || *due > now) return Status::ok();
  commit_later(core_.apply(core::Tick{}, now));
  return commit_through(newest_batch());
}

std::uint64_t Ledger::newest_batch() const {
  return pending_.empty() ? pending_batch_ - 1 : pending_batch_;
}

Status Ledger::commit_through(std::uint64_t batch) {
  while (committed_batch_ < batch) {
    COX_RETURN_IF_ERROR(stopped_);
    if (committing_) {
      committed_[batch % 2].wait_for(mutex_, kRecheck);
    } else {
      commit_pending();
    }
  }
  return Status::ok();
}

void Ledger::commit_pending() {
  committing_ = true;
  commit_began_ = stall_clock_.now_us();
  std::vector<core::Effects> batch;
  batch.swap(pending_);
  const std::uint64_t number = pending_batch_++;
  mutex_.unlock();
  const Status status = store_.commit(batch);
  mutex_.lock();
  committing_ = false;
  if (status.is_ok()) {
    committed_batch_ = number;
    ++changes_;
    for (const core::Effects& effects : batch) journal_.publish(effects);
  } else {
    // Where data may be lost, the status names what remains.
    const char* rest = status.code() == StatusCode::kDataLoss
                           ? ""
                           : "; what was acknowledged is safe: fix the cause and restart the "
                             "coordinator";
    stopped_ = unavailable(
        "the coordinator has stopped, it cannot write its database: " + status.message() + rest);
    log(LogLevel::kError, "coordinator", stopped_.message());
  }
  // Wakes one caller that waits for the next batch, to commit it; after a failure, all of them: no
  // batch follows.
  if (status.is_ok()) {
    committed_[(number + 1) % 2].notify_one();
  } else {
    committed_[(number + 1) % 2].notify_all();
  }
  committed_[number % 2].notify_all();
  changed_.notify_all();
}

std::uint64_t Ledger::changes() const {
  MutexLock lock(mutex_);
  return changes_;
}

void Ledger::wait_for_change(std::uint64_t seen,
                             std::chrono::steady_clock::time_point deadline) const {
  MutexLock lock(mutex_);
  while (changes_ <= seen && !closed_ && stopped_.is_ok()) {
    const auto left = deadline - std::chrono::steady_clock::now();
    if (left <= left.zero()) return;
    changed_.wait_for(mutex_, std::min<std::chrono::microseconds>(
                                  std::chrono::ceil<std::chrono::microseconds>(left), kRecheck));
  }
}

void Ledger::wake() {
  MutexLock lock(mutex_);
  ++changes_;
  changed_.notify_all();
}

void Ledger::close() {
  MutexLock lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

bool Ledger::closed() const {
  MutexLock lock(mutex_);
  return closed_;
}

Status Ledger::stopped() const {
  MutexLock lock(mutex_);
  return stopped_;
}

}  // namespace cox::service
