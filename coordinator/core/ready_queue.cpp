#include "coordinator/core/ready_queue.h"

#include <tuple>

#include "base/status.h"

namespace cox::core {

ReadyQueue::Key ReadyQueue::key_of(const Entry& entry) {
  return {~entry.priority, entry.submission, entry.video, entry.group, entry.horizon, entry.job};
}

ReadyQueue::Lane ReadyQueue::lane_of(const Entry& entry) {
  return {entry.model, entry.needs, entry.series};
}

bool ReadyQueue::Candidate::operator<(const Candidate& other) const {
  return std::tie(descending_priority, turn, first) <
         std::tie(other.descending_priority, other.turn, other.first);
}

void ReadyQueue::insert(const Entry& entry) {
  // Submitted jobs arrive almost in order: the end is the right hint.
  Queue& queue = lanes_[lane_of(entry)];
  const std::size_t before = queue.size();
  queue.insert(queue.end(), key_of(entry));
  COX_CHECK(queue.size() == before + 1, "a job was queued twice");
  ++size_;
}

void ReadyQueue::erase(const Entry& entry) {
  const auto lane = lanes_.find(lane_of(entry));
  COX_CHECK(lane != lanes_.end() && lane->second.erase(key_of(entry)) == 1,
            "a queued job is not in its queue");
  if (lane->second.empty()) lanes_.erase(lane);
  --size_;
}

bool ReadyQueue::contains(const Entry& entry) const {
  const auto lane = lanes_.find(lane_of(entry));
  return lane != lanes_.end() && lane->second.count(key_of(entry)) == 1;
}

const ReadyQueue::Queue* ReadyQueue::choose(const Ask& ask, const Turn& turn) {
  std::optional<Candidate> next;
  std::optional<Candidate> preferred;  // the next of the loaded model
  for (const auto& [lane, queue] : lanes_) {
    if (!covers(ask.has, lane.needs)) continue;
    const Key& first = *queue.begin();
    const Candidate candidate{first.descending_priority, turn(lane.series), first, &queue};
    if (!next || candidate < *next) next = candidate;
    if (lane.model != ask.loaded) continue;
    if (!preferred || candidate < *preferred) preferred = candidate;
  }
  if (!next) return nullptr;
  const bool worth_it = preferred && preferred->queue != next->queue &&
                        preferred->descending_priority == next->descending_priority;
  if (worth_it && affinity_grants_ < ask.max_affinity_grants) {
    ++affinity_grants_;
    return preferred->queue;
  }
  affinity_grants_ = 0;
  return next->queue;
}

std::vector<JobNumber> ReadyQueue::next_bundle(const Ask& ask, const Turn& turn) {
  std::vector<JobNumber> bundle;
  const Queue* queue = choose(ask, turn);
  if (queue == nullptr) return bundle;
  const Key& first = *queue->begin();
  std::size_t whole = 0;  // jobs before the group that was begun last
  GroupNumber group{};
  for (const Key& key : *queue) {
    const bool together = key.descending_priority == first.descending_priority &&
                          key.submission == first.submission && key.video == first.video;
    if (!together) break;
    const bool continues = key.group == group && group != GroupNumber{};
    if (bundle.size() == ask.max_jobs) {
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
