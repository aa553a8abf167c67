#pragma once

#include <map>
#include <set>
#include <vector>

#include "coordinator/core/queue_state.h"

namespace cox::core {

/// The jobs of some runs that the current runs of the series contain.
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

/// The waiting jobs of the series, without those that another series contains too: what a rule
/// of the series may end.
std::vector<JobNumber> waiting_for_this_only(QueueState& state, SeriesNumber series);

}  // namespace cox::core
