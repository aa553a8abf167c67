#pragma once

#include <algorithm>
#include <chrono>

#include "base/mutex.h"
#include "worker/executor.h"

namespace cox::worker {

/// What the process was asked to do: go on, finish the job in flight and leave (drain), or stop
/// that job too (cancel). Only ever moves forward. Thread-safe.
class StopSwitch {
 public:
  void drain() { raise(Wish::kDrain); }
  void cancel() { raise(Wish::kCancel); }

  bool draining() const { return at_least(Wish::kDrain); }
  bool cancelled() const { return at_least(Wish::kCancel); }

  /// Sleeps, but not past a wish to drain. True when the whole time passed.
  bool sleep(std::chrono::milliseconds time) {
    const auto deadline = std::chrono::steady_clock::now() + time;
    MutexLock lock(mutex_);
    while (wish_ == Wish::kGoOn) {
      const auto left = deadline - std::chrono::steady_clock::now();
      if (left <= left.zero()) return true;
      changed_.wait_for(mutex_, std::chrono::ceil<std::chrono::microseconds>(left));
    }
    return false;
  }

 private:
  enum class Wish { kGoOn, kDrain, kCancel };

  void raise(Wish wish) {
    MutexLock lock(mutex_);
    wish_ = std::max(wish_, wish);
    changed_.notify_all();
  }
  bool at_least(Wish wish) const {
    MutexLock lock(mutex_);
    return wish_ >= wish;
  }

  mutable Mutex mutex_;
  CondVar changed_;
  Wish wish_ COX_GUARDED_BY(mutex_) = Wish::kGoOn;
};

}  // namespace cox::worker
