#pragma once

#include <map>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "cox/v1/sweep.pb.h"

namespace cox::service {

/// What each worker is doing, according to its heartbeats: for people who watch, never saved.
/// Thread-safe.
class WorkerActivities {
 public:
  void joined(const std::string& worker_id, const std::string& name);
  /// `activity` without a run means that the worker is idle. Its worker's name is filled in here.
  void seen(const std::string& worker_id, v1::WorkerActivity activity, TimeUs now);
  /// False when the worker is unknown.
  bool left(const std::string& worker_id);

  /// Appends the activities of workers that were heard from since `since`.
  void describe(TimeUs since, v1::ProgressReply& reply) const;

 private:
  struct Member {
    std::string name;
    v1::WorkerActivity activity;
    TimeUs seen_at = 0;
  };
  mutable Mutex mutex_;
  std::map<std::string, Member> members_ COX_GUARDED_BY(mutex_);
};

}  // namespace cox::service
