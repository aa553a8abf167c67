#include "coordinator/core/ready_queue.h"

#include "base/status.h"

namespace cox::core {

ReadyQueue::Key ReadyQueue::key_of(const Place& place) {
  return {~place.priority, place.submission, place.video, place.job};
}

void ReadyQueue::insert(const Place& place) {
  const auto model = static_cast<std::size_t>(place.model);
  if (by_model_.size() <= model) by_model_.resize(model + 1);
  // Submitted jobs arrive almost in order: the end is the right hint.
  std::set<Key>& queue = by_model_[model];
  const std::size_t before = queue.size();
  queue.insert(queue.end(), key_of(place));
  COX_CHECK(queue.size() == before + 1, "a job was queued twice");
  ++size_;
}

void ReadyQueue::erase(const Place& place) {
  COX_CHECK(by_model_[static_cast<std::size_t>(place.model)].erase(key_of(place)) == 1,
            "a queued job is not in its queue");
  --size_;
}

bool ReadyQueue::contains(const Place& place) const {
  const auto model = static_cast<std::size_t>(place.model);
  return model < by_model_.size() && by_model_[model].count(key_of(place)) == 1;
}

const std::set<ReadyQueue::Key>* ReadyQueue::choose(std::optional<ModelNumber> loaded,
                                                    std::uint32_t max_affinity_grants) {
  const std::set<Key>* oldest = nullptr;
  for (const std::set<Key>& queue : by_model_) {
    if (queue.empty()) continue;
    if (oldest == nullptr || *queue.begin() < *oldest->begin()) oldest = &queue;
  }
  if (oldest == nullptr || !loaded || static_cast<std::size_t>(*loaded) >= by_model_.size()) {
    return oldest;
  }
  const std::set<Key>* preferred = &by_model_[static_cast<std::size_t>(*loaded)];
  const bool worth_it =
      !preferred->empty() && preferred != oldest &&
      preferred->begin()->descending_priority == oldest->begin()->descending_priority;
  if (worth_it && affinity_grants_ < max_affinity_grants) {
    ++affinity_grants_;
    return preferred;
  }
  affinity_grants_ = 0;
  return oldest;
}

std::vector<JobNumber> ReadyQueue::next_bundle(std::optional<ModelNumber> loaded,
                                               std::uint32_t max_jobs,
                                               std::uint32_t max_affinity_grants) {
  std::vector<JobNumber> bundle;
  const std::set<Key>* queue = choose(loaded, max_affinity_grants);
  if (queue == nullptr) return bundle;
  const Key& first = *queue->begin();
  for (const Key& key : *queue) {
    const bool together = key.descending_priority == first.descending_priority &&
                          key.submission == first.submission && key.video == first.video;
    if (!together || bundle.size() == max_jobs) break;
    bundle.push_back(key.job);
  }
  return bundle;
}

}  // namespace cox::core
