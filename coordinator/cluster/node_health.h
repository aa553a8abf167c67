#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "coordinator/cluster/task_notes.h"

namespace cox::cluster {

/// One end of a task on a node.
struct NodeEvent {
  std::string node;
  std::int64_t at = 0;  ///< seconds since 1970
  bool is_good = false;
};

/// What is kept away from, and until when; seconds since 1970. A node that failed is left out for
/// kFirstPause, twice as long after each further failure, up to kLongestPause; the first task that
/// ends well there clears it. When tasks fail on whatever node, submitting pauses likewise.
struct NodeHealth {
  std::map<std::string, std::int64_t> excluded_until;  ///< by node; only future times
  std::int64_t submit_after = 0;                       ///< 0 = now
  int failures_in_a_row = 0;                           ///< on any node
};

/// Judges the ends of tasks, in any order.
NodeHealth judge_nodes(std::vector<NodeEvent> events, std::int64_t now);

/// The ends that tasks noted themselves.
std::vector<NodeEvent> node_events(const std::vector<TaskNote>& notes);

inline constexpr std::int64_t kFirstNodePauseS = 300;
inline constexpr std::int64_t kFirstSubmitPauseS = 30;
inline constexpr std::int64_t kLongestPauseS = 6 * 3'600;
/// Fewer failures in a row do not stop others from being submitted.
inline constexpr int kFailuresBeforePause = 3;

}  // namespace cox::cluster
