#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/status.h"
#include "worker/backoff.h"
#include "worker/client.h"
#include "worker/courier.h"
#include "worker/executor.h"
#include "worker/health.h"
#include "worker/lease_keeper.h"
#include "worker/spool.h"
#include "worker/stop_switch.h"
#include "worker/time_limit.h"

namespace cox::worker {

/// Exit status of a worker whose device or output folder cannot be used any more: its last job is
/// reported, and whoever started it should start it again.
constexpr int kPoisonedExitStatus = 75;

/// Exit status of a worker that cannot open what a job needs: a restart on the same machine would
/// not help.
constexpr int kMissingInputExitStatus = 78;

struct WorkerOptions {
  v1::RegisterRequest identity;
  std::uint32_t max_jobs_per_bundle = 64;
  std::chrono::milliseconds lease_wait{2'000};  ///< keep it short: a drain waits for it
  /// Leaves after this time without work; never when unset.
  std::optional<std::chrono::milliseconds> max_idle;
  /// How long a worker with nothing to compute retries a coordinator that does not answer.
  std::chrono::milliseconds max_away{std::chrono::hours(1)};
  Backoff::Limits backoff;
  TimeLimit time_limit;  ///< jobs that would not end before it are left to others
};

enum class EndKind {
  kDrained,       ///< a signal or the coordinator asked it to leave
  kIdle,          ///< there is no work
  kOutOfTime,     ///< no further job ends before the time limit
  kPoisoned,      ///< the device or the output folder cannot be used any more
  kMissingInput,  ///< this machine lacks a file that a job needs; the job was returned without
                  ///< blame
};

/// How a worker ended.
struct WorkerEnd {
  EndKind kind = EndKind::kDrained;
  std::string reason = {};  ///< of kPoisoned, kMissingInput and kOutOfTime, for people
};

/// The job loop: deliver what is spooled, register, lease, run, spool, report, repeat. Owned by one
/// thread; everything it borrows must outlive it.
class Worker {
 public:
  Worker(WorkerOptions options, Client& client, Executor& executor, Spool& spool, StopSwitch& stop,
         Health& health);

  /// Returns how it ended: kUnavailable when the coordinator did not answer for max_away, or the
  /// error that made continuing pointless. Finished results are delivered or in the spool.
  Result<WorkerEnd> run();

 private:
  Result<WorkerEnd> work();
  Status register_with_retry();
  Status register_once();
  Result<std::optional<v1::Bundle>> next_bundle();
  Result<v1::LeaseReply> lease_once(v1::LeaseRequest& request);
  Status run_bundle(const v1::Bundle& bundle);
  Status run_jobs(const v1::Bundle& bundle);
  Status run_job(const v1::Bundle& bundle, const v1::LeasedJob& job);
  Status end_cut_short(const v1::Bundle& bundle, const v1::LeasedJob& job, TimeLimit::Time began,
                       Executor::Outcome outcome);
  bool has_time_for(const v1::LeasedJob& job);
  Status report(const v1::Bundle& bundle, const v1::LeasedJob& job, v1::JobReport report);
  Status deliver_with_retry();
  Status deliver_unspooled(const v1::JobReport& report, const Status& spooled);
  template <typename Call>
  auto with_retry(const char* what, Call call) -> decltype(call());
  static void log_undelivered(const Status& status);
  void leave();

  WorkerOptions options_;
  Client& client_;
  Executor& executor_;
  Spool& spool_;
  StopSwitch& stop_;
  Health& health_;
  Backoff backoff_;
  LeaseKeeper keeper_;
  Courier courier_;

  std::string worker_id_;
  std::chrono::steady_clock::time_point busy_until_;
  bool unsure_of_lease_ = false;          ///< the last lease call had no answer
  std::optional<WorkerEnd> out_of_time_;  ///< a job of the bundle was left out for lack of time
  std::optional<WorkerEnd> end_;          ///< set once the worker should leave on its own account
};

}  // namespace cox::worker
