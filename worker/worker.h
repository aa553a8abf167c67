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
#include "worker/lease_keeper.h"
#include "worker/spool.h"
#include "worker/stop_switch.h"

namespace cox::worker {

/// The exit status of a worker whose device or output folder cannot be used any more: its last job
/// is reported, and whoever started it should start it again.
constexpr int kPoisonedExitStatus = 75;

/// The exit status of a worker that cannot open what a job needs: started again in the same place
/// it would do no better.
constexpr int kMissingInputExitStatus = 78;

struct WorkerOptions {
  v1::RegisterRequest identity;
  std::uint32_t max_jobs_per_bundle = 64;
  std::chrono::milliseconds lease_wait{2'000};  ///< a drain waits for it: keep it short
  /// Leaves after so long without work; never when unset.
  std::optional<std::chrono::milliseconds> max_idle;
  /// How long a worker with nothing to compute looks for a coordinator that does not answer.
  std::chrono::milliseconds max_away{std::chrono::hours(1)};
  Backoff::Limits backoff;
};

enum class WorkerEnd {
  kDrained,       ///< asked to leave, by a signal or the coordinator
  kIdle,          ///< nothing is left to do
  kPoisoned,      ///< the device or the output folder cannot be used any more
  kMissingInput,  ///< this place lacks a file that a job needs; the job went back without blame
};

/// The job loop: deliver what is spooled, register, lease, run, spool, report, again. Owned by one
/// thread; everything it borrows must outlive it.
class Worker {
 public:
  Worker(WorkerOptions options, Client& client, Executor& executor, Spool& spool, StopSwitch& stop);

  /// Returns how it ended; kUnavailable when the coordinator stayed away longer than max_away, or
  /// the refusal that made going on pointless. Finished results are delivered or in the spool.
  Result<WorkerEnd> run();

  /// After kPoisoned how the last job failed, after kMissingInput what the place lacks, else "".
  const std::string& reason() const { return reason_; }

 private:
  Result<WorkerEnd> work();
  Status enlist();
  Status register_once();
  Result<std::optional<v1::Bundle>> next_bundle();
  Result<v1::LeaseReply> ask_for_lease(v1::LeaseRequest& request);
  Status run_bundle(const v1::Bundle& bundle);
  Status run_jobs(const v1::Bundle& bundle);
  Status run_job(const v1::Bundle& bundle, const v1::LeasedJob& job);
  Status deliver_patiently();
  Status deliver_unspooled(const v1::JobReport& report, const Status& spooled);
  template <typename Call>
  auto patiently(const char* what, Call call) -> decltype(call());
  static void note_undelivered(const Status& status);
  void leave();

  WorkerOptions options_;
  Client& client_;
  Executor& executor_;
  Spool& spool_;
  StopSwitch& stop_;
  Backoff backoff_;
  LeaseKeeper keeper_;
  Courier courier_;

  std::string worker_id_;
  std::chrono::steady_clock::time_point busy_until_;
  bool unsure_of_lease_ = false;  ///< the last lease call had no answer
  bool dismissed_ = false;
  bool poisoned_ = false;
  bool missing_input_ = false;
  std::string reason_;  ///< of poisoned_ and missing_input_
};

}  // namespace cox::worker
