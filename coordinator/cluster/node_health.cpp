#include "coordinator/cluster/node_health.h"

#include <algorithm>

namespace cox::cluster {

namespace {

/// first, 2 first, 4 first, ... for 1, 2, 3 failures.
std::int64_t pause_after(int failures, std::int64_t first) {
  constexpr int kMostDoublings = 20;
  return std::min(first << std::min(failures - 1, kMostDoublings), kLongestPauseS);
}

struct Failures {
  int in_a_row = 0;
  std::int64_t last = 0;

  void add(const NodeEvent& event) {
    in_a_row = event.is_good ? 0 : in_a_row + 1;
    last = event.at;
  }
};

}  // namespace

NodeHealth judge_nodes(std::vector<NodeEvent> events, std::int64_t now) {
  std::stable_sort(events.begin(), events.end(),
                   [](const NodeEvent& a, const NodeEvent& b) { return a.at < b.at; });
  std::map<std::string, Failures> nodes;
  Failures all;
  for (const NodeEvent& event : events) {
    if (!event.node.empty()) nodes[event.node].add(event);
    all.add(event);
  }
  NodeHealth health;
  health.failures_in_a_row = all.in_a_row;
  for (const auto& [node, failures] : nodes) {
    if (failures.in_a_row == 0) continue;
    const std::int64_t until = failures.last + pause_after(failures.in_a_row, kFirstNodePauseS);
    if (until > now) health.excluded_until[node] = until;
  }
  if (all.in_a_row >= kFailuresBeforePause) {
    const int beyond = all.in_a_row - kFailuresBeforePause + 1;
    const std::int64_t until = all.last + pause_after(beyond, kFirstSubmitPauseS);
    if (until > now) health.submit_after = until;
  }
  return health;
}

std::vector<NodeEvent> node_events(const std::vector<TaskNote>& notes) {
  std::vector<NodeEvent> events;
  for (const TaskNote& note : notes) {
    if (!note.ended || !note.exit_code) continue;
    events.push_back({note.node, *note.ended, *note.exit_code == 0});
  }
  return events;
}

}  // namespace cox::cluster
