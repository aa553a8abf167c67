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

/// Sends heartbeats next to the job loop: extends the leases that are held, reports the progress of
/// the job in flight, and cancels that job's token when its lease is lost, the job is cancelled,
/// the process must stop immediately, or the coordinator no longer knows the worker, which loses
/// all leases. Keeps everything while the coordinator is away: unreachable is not dead.
/// Thread-safe.
class LeaseKeeper final : public ProgressListener {
 public:
  LeaseKeeper(Client& client, StopSwitch& stop);
  ~LeaseKeeper() override;

  /// Sends heartbeats under this id from now on, and drops the leases of an earlier id.
  void start_session(const std::string& worker_id, std::chrono::milliseconds interval);

  void hold(const std::string& lease_id);
  void release(const std::string& lease_id);
  /// False once the coordinator has said that the lease is lost or the worker unknown.
  bool holds(const std::string& lease_id) const;
  bool is_cancelled(const std::string& job_digest) const;
  /// True when the coordinator no longer knows this worker.
  bool must_register() const;

  /// The job loop calls these around each job; `token` must live until end_job().
  void begin_job(const std::string& job_digest, const std::string& lease_id, CancelToken& token);
  void end_job();

  void on_progress(const v1::JobProgress& progress) override;

 private:
  void keep(std::stop_token stopping);
  void wait_for_next_beat(const std::stop_token& stopping);
  void beat();
  void apply(const v1::HeartbeatReply& reply);
  void drop_session(const std::string& worker_id);
  void apply_cancellation() COX_REQUIRES(mutex_);

  Client& client_;
  StopSwitch& stop_;

  mutable Mutex mutex_;
  CondVar changed_;
  std::string worker_id_ COX_GUARDED_BY(mutex_);
  std::chrono::milliseconds interval_ COX_GUARDED_BY(mutex_){1'000};
  std::set<std::string> leases_ COX_GUARDED_BY(mutex_);
  std::set<std::string> cancelled_jobs_ COX_GUARDED_BY(mutex_);
  bool unknown_ COX_GUARDED_BY(mutex_) = false;  ///< to the coordinator
  CancelToken* token_ COX_GUARDED_BY(mutex_) = nullptr;
  std::string job_ COX_GUARDED_BY(mutex_);
  std::string job_lease_ COX_GUARDED_BY(mutex_);
  v1::JobProgress progress_ COX_GUARDED_BY(mutex_);

  bool silent_ = false;  ///< the last heartbeat had no answer; used by the thread only
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace cox::worker
