#pragma once

#include <map>
#include <set>
#include <vector>

#include "coordinator/core/queue_state.h"

namespace cox::core {

/// Which jobs of some runs the current runs of the series ask for.
class Wanted {
 public:
  /// Counts every series but `left_out`; SeriesNumber{} leaves none out.
  Wanted(QueueState& state, const std::set<RunNumber>& runs, SeriesNumber left_out);

  /// `job` is of one of the runs.
  bool has(const Job& job) const;

 private:
  QueueState& state_;
  std::map<RunNumber, std::vector<DatasetNumber>> datasets_;
};

/// The jobs of the series that wait, those that another series asks for too excepted: what a rule
/// of the series may end.
std::vector<JobNumber> waiting_for_this_only(QueueState& state, SeriesNumber series);

}  // namespace cox::core
