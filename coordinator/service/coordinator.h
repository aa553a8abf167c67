#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "coordinator/service/standing.h"
#include "cox/v1/sweep.pb.h"
#include "cox/v1/worker.pb.h"
#include "record/model.h"

namespace cox::service {

struct CoordinatorOptions {
  std::string database;                   ///< path of the SQLite file; created when missing
  DurationUs lease = 60 * kSecondUs;      ///< how long a lease lasts without a heartbeat
  DurationUs heartbeat = 10 * kSecondUs;  ///< how often workers send one; at most lease / 3
  /// How long leases found in the database after a start last: their workers may still be
  /// computing, since an unreachable coordinator does not end its workers.
  DurationUs reconnect_grace = 120 * kSecondUs;
  DurationUs tick = 200 * kMillisecondUs;  ///< how often deadlines are checked
  /// Tells workers to leave when no job is left, not even a retry to wait for: `cox run`.
  bool dismiss_idle_workers = false;
  const Clock* clock = nullptr;  ///< the system's when null; borrowed
};

/// A run with jobs that are queued, blocked or leased.
struct OpenRun {
  std::string name;  ///< `series/run` of its owner
  ModelFiles files;  ///< the files that it reads
  std::uint64_t open_jobs = 0;
};

/// The queue with its database and its clock; commits before it answers. Opens one database, which
/// no other process may use, and answers every call of both services. Concurrent callers share
/// commits. When a commit fails nothing is acknowledged: this and every later call return the
/// error, and stopped() names it. What was acknowledged is on disk, so the remedy is to open the
/// database again. Thread-safe.
class Coordinator {
 public:
  /// Fails when the database cannot be made, is of another version, or is held by a process.
  static Result<std::unique_ptr<Coordinator>> open(const CoordinatorOptions& options);
  ~Coordinator();
  Coordinator(const Coordinator&) = delete;
  Coordinator& operator=(const Coordinator&) = delete;

  // SweepService. Errors: kInvalidArgument and kNotFound for what the caller can correct.
  Result<v1::SubmitReply> submit(const v1::SubmitRequest& request);
  Result<v1::ChangeReply> cancel(const v1::SelectRequest& request);
  Result<v1::ChangeReply> pause(const v1::SelectRequest& request);
  Result<v1::ChangeReply> resume(const v1::SelectRequest& request);
  Result<v1::ChangeReply> set_priority(const v1::PriorityRequest& request);
  Result<v1::ChangeReply> retry(const v1::RetryRequest& request);
  Result<v1::LabelReply> label(const v1::LabelRequest& request);
  /// Waits at most wait_ms (itself at most kMaxWaitMs) for something newer than after_sequence.
  Result<v1::ProgressReply> progress(const v1::ProgressRequest& request);
  /// kNotFound for a worker to resume that is not drained.
  Result<v1::ChangeWorkerReply> change_worker(const v1::ChangeWorkerRequest& request);
  /// Passes the answer to `sink` in pieces; `sink` returns false to stop. Does not block the
  /// writer.
  Status query(const v1::QueryRequest& request,
               const std::function<bool(const v1::QueryReply&)>& sink) const;

  /// progress() without a wait: none when nothing is newer and `last` is false.
  Result<std::optional<v1::ProgressReply>> try_progress(const v1::ProgressRequest& request,
                                                        bool last);

  // WorkerService.
  Result<v1::RegisterReply> register_worker(const v1::RegisterRequest& request);
  Result<v1::LeaseReply> lease(const v1::LeaseRequest& request);
  /// lease() without a wait: none when there is no work now and `last` is false.
  Result<std::optional<v1::LeaseReply>> try_lease(const v1::LeaseRequest& request, bool last);
  Result<v1::HeartbeatReply> heartbeat(const v1::HeartbeatRequest& request);
  Result<v1::ReportReply> report(const v1::ReportRequest& request);
  Result<v1::LeaveReply> leave(const v1::LeaveRequest& request);

  /// The state of all work, with the failures after an entry of the journal.
  Result<Standing> standing(std::uint64_t after_sequence);

  /// The runs that are left to do, with the files that they need.
  Result<std::vector<OpenRun>> open_runs();

  /// Tells every worker to finish its job in flight and leave; grants no lease from now on.
  void drain();

  /// For callers that poll: a number that grows with every change, and a wait for the next change,
  /// which ends early once stop() was called.
  std::uint64_t changes() const;
  void wait_for_change(std::uint64_t seen, std::chrono::steady_clock::time_point deadline) const;
  bool is_closed() const;

  /// Makes every waiting call answer at once. Idempotent; call it before a server's shutdown.
  void stop();

  /// Success while the coordinator works; the reason once it can no longer write.
  Status stopped() const;

  static constexpr std::int64_t kMaxWaitMs = 60'000;

 private:
  template <typename Reply, typename Request>
  Result<Reply> wait_for(Result<std::optional<Reply>> (Coordinator::*look)(const Request&, bool),
                         const Request& request);
  struct State;
  explicit Coordinator(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace cox::service
