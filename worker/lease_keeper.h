#pragma once

#include <condition_variable>
#include <set>
#include <string>
#include <thread>

#include "base/mutex.h"
#include "worker/client.h"
#include "worker/executor.h"
#include "worker/stop_switch.h"

namespace cox::worker {

/// The heartbeat beside the job loop: prolongs the leases that are held, tells the coordinator
/// where the job in flight stands, and cancels that job's token when its lease is lost, the job is
/// cancelled, the process is to stop at once, or the coordinator does not know the worker any more,
/// which loses all leases. While the coordinator is away nothing is dropped: unreachable is not
/// dead. Thread-safe.
class LeaseKeeper final : public ProgressListener {
 public:
  LeaseKeeper(Client& client, StopSwitch& stop);
  ~LeaseKeeper() override;

  /// From now on heartbeats are sent under this id. Leases of an earlier id are forgotten.
  void enlist(const std::string& worker_id, std::chrono::milliseconds interval);

  void hold(const std::string& lease_id);
  void release(const std::string& lease_id);
  /// False once the coordinator has said that the lease is lost, or that it knows no such worker.
  bool holds(const std::string& lease_id) const;
  bool is_cancelled(const std::string& job_digest) const;
  /// True when the coordinator does not know this worker any more: it must register again.
  bool forgotten() const;

  /// The job loop brackets each job; `token` must outlive the bracket.
  void begin_job(const std::string& job_digest, const std::string& lease_id, CancelToken& token);
  void end_job();

  void on_progress(const v1::JobProgress& progress) override;

 private:
  void keep(std::stop_token stopping);
  void wait_for_next_beat(const std::stop_token& stopping);
  void beat();
  void apply(const v1::HeartbeatReply& reply);
  void be_forgotten(const std::string& worker_id);
  void apply_wishes() COX_REQUIRES(mutex_);

  Client& client_;
  StopSwitch& stop_;

  mutable Mutex mutex_;
  CondVar changed_;
  std::string worker_id_ COX_GUARDED_BY(mutex_);
  std::chrono::milliseconds interval_ COX_GUARDED_BY(mutex_){1'000};
  std::set<std::string> leases_ COX_GUARDED_BY(mutex_);
  std::set<std::string> cancelled_jobs_ COX_GUARDED_BY(mutex_);
  bool forgotten_ COX_GUARDED_BY(mutex_) = false;
  CancelToken* token_ COX_GUARDED_BY(mutex_) = nullptr;
  std::string job_ COX_GUARDED_BY(mutex_);
  std::string job_lease_ COX_GUARDED_BY(mutex_);
  v1::JobProgress progress_ COX_GUARDED_BY(mutex_);

  bool silent_ = false;  ///< the last heartbeat had no answer; the thread's own
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace cox::worker
