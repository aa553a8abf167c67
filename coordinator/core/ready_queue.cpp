#include "coordinator/core/ready_queue.h"

#include "base/status.h"

namespace cox::core {

ReadyQueue::Key ReadyQueue::key_of(const Entry& entry) {
  return {~entry.priority, entry.submission, entry.video, entry.group, entry.horizon, entry.job};
}

void ReadyQueue::insert(const Entry& entry) {
  // Submitted jobs arrive almost in order: the end is the right hint.
  Queue& queue = lanes_[{entry.model, entry.needs}];
  const std::size_t before = queue.size();
  queue.insert(queue.end(), key_of(entry));
  COX_CHECK(queue.size() == before + 1, "a job was queued twice");
  ++size_;
}

void ReadyQueue::erase(const Entry& entry) {
  const auto lane = lanes_.find({entry.model, entry.needs});
  COX_CHECK(lane != lanes_.end() && lane->second.erase(key_of(entry)) == 1,
            "a queued job is not in its queue");
  if (lane->second.empty()) lanes_.erase(lane);
  --size_;
}

bool ReadyQueue::contains(const Entry& entry) const {
  const auto lane = lanes_.find({entry.model, entry.needs});
  return lane != lanes_.end() && lane->second.count(key_of(entry)) == 1;
}

const ReadyQueue::Queue* ReadyQueue::choose(const Resources& has, std::optional<ModelNumber> loaded,
                                            std::uint32_t max_affinity_grants) {
  const Queue* oldest = nullptr;
  const Queue* preferred = nullptr;  // the oldest of the loaded model
  for (const auto& [lane, queue] : lanes_) {
    const auto& [model, needs] = lane;
    if (!covers(has, needs)) continue;
    if (oldest == nullptr || *queue.begin() < *oldest->begin()) oldest = &queue;
    if (model != loaded) continue;
    if (preferred == nullptr || *queue.begin() < *preferred->begin()) preferred = &queue;
  }
  const bool worth_it =
      preferred != nullptr && preferred != oldest &&
      preferred->begin()->descending_priority == oldest->begin()->descending_priority;
  if (worth_it && affinity_grants_ < max_affinity_grants) {
    ++affinity_grants_;
    return preferred;
  }
  affinity_grants_ = 0;
  return oldest;
}

std::vector<JobNumber> ReadyQueue::next_bundle(const Resources& has,
                                               std::optional<ModelNumber> loaded,
                                               std::uint32_t max_jobs,
                                               std::uint32_t max_affinity_grants) {
  std::vector<JobNumber> bundle;
  const Queue* queue = choose(has, loaded, max_affinity_grants);
  if (queue == nullptr) return bundle;
  const Key& first = *queue->begin();
  std::size_t whole = 0;  // jobs before the group that was begun last
  GroupNumber group{};
  for (const Key& key : *queue) {
    const bool together = key.descending_priority == first.descending_priority &&
                          key.submission == first.submission && key.video == first.video;
    if (!together) break;
    const bool continues = key.group == group && group != GroupNumber{};
    if (bundle.size() == max_jobs) {
      if (continues && whole > 0) bundle.resize(whole);
      break;
    }
    if (!continues) whole = bundle.size();
    group = key.group;
    bundle.push_back(key.job);
  }
  return bundle;
}

}  // namespace cox::core
