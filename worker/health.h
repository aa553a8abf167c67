#pragma once

#include <chrono>
#include <string>

#include "base/mutex.h"
#include "proto/loopback_pages.h"

namespace cox::worker {

/// The current activity of a worker, for its supervisor: systemd, `cox hosts status`, a
/// monitor. Thread-safe.
class Health {
 public:
  enum class State {
    kStarting,   ///< loads the model and has not joined yet
    kWaiting,    ///< has joined and has no job
    kComputing,  ///< also while the coordinator is away: results are kept
    kAway,       ///< the coordinator does not answer, and there is nothing to compute
    kLeaving,
  };

  /// `name` is the worker's.
  explicit Health(std::string name) : name_(std::move(name)) {}

  void become(State state) { change(state, ""); }
  void compute(const std::string& job_digest) { change(State::kComputing, job_digest); }

  /// A JSON object: format, name, state, the seconds in it, and the job. HTTP status 200 for a
  /// worker that has joined, 503 for one that is starting, away or leaving.
  LoopbackPage page() const;

 private:
  using Clock = std::chrono::steady_clock;

  void change(State state, const std::string& job) {
    MutexLock lock(mutex_);
    if (state == state_ && job == job_) return;
    state_ = state;
    job_ = job;
    since_ = Clock::now();
  }

  const std::string name_;  ///< letters, digits, '.', '_', '-': check_name()
  mutable Mutex mutex_;
  State state_ COX_GUARDED_BY(mutex_) = State::kStarting;
  std::string job_ COX_GUARDED_BY(mutex_);
  Clock::time_point since_ COX_GUARDED_BY(mutex_) = Clock::now();
};

}  // namespace cox::worker
