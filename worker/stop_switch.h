#pragma once

#include <algorithm>
#include <chrono>

#include "base/mutex.h"
#include "worker/executor.h"

namespace cox::worker {

/// The request to the process: continue, finish the job in flight and leave (drain), or stop
/// that job too (cancel), which also happens when its time is over. Never moves back. Thread-safe.
class StopSwitch {
 public:
  void drain() { raise(Request::kDrain); }
  void cancel() { raise(Request::kCancel); }

  /// From this time on, `cancelled()`.
  void cancel_at(std::chrono::steady_clock::time_point end) {
    MutexLock lock(mutex_);
    end_ = end;
  }

  bool draining() const { return at_least(Request::kDrain) || is_time_over(); }
  bool cancelled() const { return at_least(Request::kCancel) || is_time_over(); }
  bool is_time_over() const {
    MutexLock lock(mutex_);
    return std::chrono::steady_clock::now() >= end_;
  }

  /// Sleeps until `time` has passed (true), or a drain is requested or the time is over (false).
  bool sleep(std::chrono::milliseconds time) {
    const auto wanted = std::chrono::steady_clock::now() + time;
    MutexLock lock(mutex_);
    const auto deadline = std::min(wanted, end_);
    while (request_ == Request::kContinue) {
      const auto left = deadline - std::chrono::steady_clock::now();
      if (left <= left.zero()) return deadline < end_;
      changed_.wait_for(mutex_, std::chrono::ceil<std::chrono::microseconds>(left));
    }
    return false;
  }

 private:
  enum class Request { kContinue, kDrain, kCancel };

  void raise(Request request) {
    MutexLock lock(mutex_);
    request_ = std::max(request_, request);
    changed_.notify_all();
  }
  bool at_least(Request request) const {
    MutexLock lock(mutex_);
    return request_ >= request;
  }

  mutable Mutex mutex_;
  CondVar changed_;
  Request request_ COX_GUARDED_BY(mutex_) = Request::kContinue;
  std::chrono::steady_clock::time_point end_ COX_GUARDED_BY(mutex_) =
      std::chrono::steady_clock::time_point::max();
};

}  // namespace cox::worker
