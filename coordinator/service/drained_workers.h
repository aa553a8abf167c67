#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/status.h"

namespace cox::service {

/// Names of workers that get no jobs until they are resumed or the coordinator ends.
/// Thread-safe.
class DrainedWorkers {
 public:
  /// kFailedPrecondition beyond kMost names.
  Status drain(const std::string& name) {
    MutexLock lock(mutex_);
    if (names_.size() >= kMost && !names_.contains(name)) {
      return failed_precondition("too many workers are drained; resume some");
    }
    names_.insert(name);
    return Status::ok();
  }
  /// False when it was not drained.
  bool resume(const std::string& name) {
    MutexLock lock(mutex_);
    return names_.erase(name) > 0;
  }
  /// Whether the worker with this id, NAME.NUMBER, is drained.
  bool holds(const std::string& worker_id) const {
    MutexLock lock(mutex_);
    return names_.contains(worker_id.substr(0, worker_id.rfind('.')));
  }
  std::vector<std::string> names() const {
    MutexLock lock(mutex_);
    return {names_.begin(), names_.end()};
  }

  static constexpr std::size_t kMost = 100'000;

 private:
  mutable Mutex mutex_;
  std::set<std::string> names_ COX_GUARDED_BY(mutex_);
};

}  // namespace cox::service
