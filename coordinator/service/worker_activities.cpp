#include "coordinator/service/worker_activities.h"

#include <utility>

namespace cox::service {

void WorkerActivities::joined(const std::string& worker_id, const std::string& name) {
  MutexLock lock(mutex_);
  // A restarted worker replaces the earlier one of its name.
  for (auto member = members_.begin(); member != members_.end();) {
    member = member->second.name == name ? members_.erase(member) : std::next(member);
  }
  members_[worker_id].name = name;
}

void WorkerActivities::seen(const std::string& worker_id, v1::WorkerActivity activity, TimeUs now) {
  MutexLock lock(mutex_);
  Member& member = members_[worker_id];
  // Only the id of a worker that joined before the coordinator's restart is known.
  if (member.name.empty()) member.name = worker_id;
  member.activity = std::move(activity);
  member.activity.set_worker(member.name);
  member.seen_at = now;
}

bool WorkerActivities::left(const std::string& worker_id) {
  MutexLock lock(mutex_);
  return members_.erase(worker_id) > 0;
}

void WorkerActivities::describe(TimeUs since, v1::ProgressReply& reply) const {
  MutexLock lock(mutex_);
  for (const auto& [id, member] : members_) {
    if (member.seen_at >= since && !member.activity.run().empty()) {
      *reply.add_activities() = member.activity;
    }
  }
}

}  // namespace cox::service
