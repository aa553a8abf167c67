#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/status.h"
#include "coordinator/core/core.h"
#include "coordinator/service/journal.h"
#include "coordinator/store/store.h"

namespace cox::service {

/// Core and Store under one mutex, with group commit: events are applied one after another in
/// memory, and the first caller that finds no commit running writes everything applied so far in
/// one transaction while the next events gather. Nothing is answered before it is on disk.
/// Thread-safe.
class Ledger {
 public:
  /// `clock` must outlive the ledger.
  Ledger(core::Core core, store::Store store, const Clock& clock);

  /// Applies the event and returns its answers, without the saves, once these are on disk. An error
  /// means that the ledger has stopped; the core's refusals are answers.
  Result<core::Effects> apply(core::Event event);
  /// As above, for several events in their order, which share a commit.
  Result<std::vector<core::Effects>> apply(std::vector<core::Event> events);

  /// Applies a Tick when one is due; call it several times a second. Time in which no call could be
  /// answered counts against no worker: no deadline passes while a commit takes long, and
  /// afterward all deadlines move by the time since the last tick.
  Status tick();

  /// Returns `look(core, journal)` once everything that it saw is on disk.
  template <typename Look>
  auto read(Look look)
      -> Result<decltype(look(std::declval<const core::Core&>(), std::declval<const Journal&>()))> {
    MutexLock lock(mutex_);
    auto seen = look(std::as_const(core_), std::as_const(journal_));
    COX_RETURN_IF_ERROR(commit_through(newest_batch()));
    return seen;
  }

  /// Returns `look(core)`, on disk or not yet: for facts that never change.
  template <typename Look>
  auto peek(Look look) const {
    MutexLock lock(mutex_);
    return look(std::as_const(core_));
  }

  /// A number that grows with every commit that changed something.
  std::uint64_t changes() const;
  /// Returns once changes() > `seen`, the ledger is closed, or the time is over.
  void wait_for_change(std::uint64_t seen, std::chrono::steady_clock::time_point deadline) const;

  /// Wakes those who wait for a change, as if there had been one.
  void wake();
  /// Wakes those who wait for a change, now and from now on.
  void close();
  bool closed() const;

  /// Success until a commit fails.
  Status stopped() const;

 private:
  void commit_later(core::Effects effects) COX_REQUIRES(mutex_);
  core::Effects apply_in_memory(core::Event event) COX_REQUIRES(mutex_);
  std::uint64_t newest_batch() const COX_REQUIRES(mutex_);
  Status commit_through(std::uint64_t batch) COX_REQUIRES(mutex_);
  void commit_pending() COX_REQUIRES(mutex_);

  const Clock& clock_;
  mutable Mutex mutex_;
  /// Where callers wait for an even or odd batch: those of the next are not woken by the one
  /// before.
  mutable std::array<CondVar, 2> committed_;
  mutable CondVar changed_;

  core::Core core_ COX_GUARDED_BY(mutex_);
  store::Store store_;  ///< used by whoever set committing_, outside the mutex
  Journal journal_ COX_GUARDED_BY(mutex_);

  std::vector<core::Effects> pending_ COX_GUARDED_BY(mutex_);  ///< applied, not yet on disk
  std::uint64_t pending_batch_ COX_GUARDED_BY(mutex_) = 1;     ///< the number pending_ will have
  std::uint64_t committed_batch_ COX_GUARDED_BY(mutex_) = 0;
  bool committing_ COX_GUARDED_BY(mutex_) = false;
  TimeUs commit_began_ COX_GUARDED_BY(mutex_) = 0;  ///< on stall_clock_
  std::uint64_t changes_ COX_GUARDED_BY(mutex_) = 0;
  bool closed_ COX_GUARDED_BY(mutex_) = false;
  Status stopped_ COX_GUARDED_BY(mutex_);

  const SystemClock stall_clock_;  ///< the machine's own, whatever clock_ is
  TimeUs last_tick_ COX_GUARDED_BY(mutex_);
};

}  // namespace cox::service
