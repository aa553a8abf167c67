#include "worker/lease_keeper.h"

#include <utility>

#include "base/log.h"

namespace cox::worker {

namespace {
/// How soon a request to stop immediately reaches the job in flight.
constexpr std::chrono::milliseconds kLookInterval{100};
}  // namespace

LeaseKeeper::LeaseKeeper(Client& client, StopSwitch& stop)
    : client_(client),
      stop_(stop),
      thread_([this](std::stop_token stopping) { keep(std::move(stopping)); }) {}

LeaseKeeper::~LeaseKeeper() {
  thread_.request_stop();
  changed_.notify_all();
}

void LeaseKeeper::start_session(const std::string& worker_id, std::chrono::milliseconds interval) {
  MutexLock lock(mutex_);
  worker_id_ = worker_id;
  interval_ = interval;
  leases_.clear();
  cancelled_jobs_.clear();
  unknown_ = false;
}

void LeaseKeeper::hold(const std::string& lease_id) {
  MutexLock lock(mutex_);
  if (!unknown_) leases_.insert(lease_id);
}

void LeaseKeeper::release(const std::string& lease_id) {
  MutexLock lock(mutex_);
  leases_.erase(lease_id);
  if (leases_.empty()) cancelled_jobs_.clear();
}

bool LeaseKeeper::holds(const std::string& lease_id) const {
  MutexLock lock(mutex_);
  return leases_.count(lease_id) > 0;
}

bool LeaseKeeper::is_cancelled(const std::string& job_digest) const {
  MutexLock lock(mutex_);
  return cancelled_jobs_.count(job_digest) > 0;
}

bool LeaseKeeper::must_register() const {
  MutexLock lock(mutex_);
  return unknown_;
}

void LeaseKeeper::begin_job(const std::string& job_digest, const std::string& lease_id,
                            CancelToken& token) {
  MutexLock lock(mutex_);
  token_ = &token;
  job_ = job_digest;
  job_lease_ = lease_id;
  progress_.Clear();
  progress_.set_job_digest(job_digest);
  apply_cancellation();
}

void LeaseKeeper::end_job() {
  MutexLock lock(mutex_);
  token_ = nullptr;
  job_.clear();
  job_lease_.clear();
  progress_.Clear();
}

void LeaseKeeper::on_progress(const v1::JobProgress& progress) {
  MutexLock lock(mutex_);
  progress_ = progress;
}

void LeaseKeeper::keep(std::stop_token stopping) {
  while (!stopping.stop_requested()) {
    wait_for_next_beat(stopping);
    if (!stopping.stop_requested()) beat();
  }
}

void LeaseKeeper::wait_for_next_beat(const std::stop_token& stopping) {
  const auto begin = std::chrono::steady_clock::now();
  MutexLock lock(mutex_);
  while (!stopping.stop_requested() && std::chrono::steady_clock::now() - begin < interval_) {
    changed_.wait_for(mutex_, std::min<std::chrono::microseconds>(interval_, kLookInterval));
    apply_cancellation();
  }
}

void LeaseKeeper::beat() {
  v1::HeartbeatRequest request;
  {
    MutexLock lock(mutex_);
    if (worker_id_.empty()) return;
    request.set_worker_id(worker_id_);
    for (const std::string& lease : leases_) request.add_lease_ids(lease);
    if (token_ != nullptr) *request.mutable_progress() = progress_;
  }
  const Result<v1::HeartbeatReply> reply = client_.heartbeat(request);
  const bool was_silent = std::exchange(silent_, !reply.is_ok());
  if (reply.is_ok()) return apply(*reply);
  if (reply.status().code() == StatusCode::kNotFound) return drop_session(request.worker_id());
  log(was_silent ? LogLevel::kDebug : LogLevel::kWarning, "worker", "a heartbeat had no answer",
      {{"error", reply.status().to_string()}});
}

void LeaseKeeper::apply(const v1::HeartbeatReply& reply) {
  if (reply.drain()) stop_.drain();
  MutexLock lock(mutex_);
  for (const std::string& lease : reply.dropped_lease_ids()) {
    log(LogLevel::kWarning, "worker", "lost the lease; other workers run its jobs",
        {{"lease", lease}});
    leases_.erase(lease);
  }
  cancelled_jobs_.insert(reply.cancelled_job_digests().begin(),
                         reply.cancelled_job_digests().end());
  apply_cancellation();
}

/// An unknown worker holds no lease: its results would be rejected as late.
void LeaseKeeper::drop_session(const std::string& worker_id) {
  MutexLock lock(mutex_);
  if (worker_id_ != worker_id || unknown_) return;
  log(LogLevel::kWarning, "worker",
      "the coordinator no longer knows this worker; other workers run its jobs",
      {{"worker", worker_id}, {"leases", leases_.size()}});
  unknown_ = true;
  leases_.clear();
  apply_cancellation();
}

void LeaseKeeper::apply_cancellation() {
  if (token_ == nullptr) return;
  const bool lost = leases_.count(job_lease_) == 0;
  if (lost || cancelled_jobs_.count(job_) > 0 || stop_.cancelled()) token_->cancel();
}

}  // namespace cox::worker
