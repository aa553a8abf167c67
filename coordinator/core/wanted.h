#pragma once

#include <map>
#include <set>
#include <vector>

#include "coordinator/core/queue_state.h"

namespace cox::core {

/// The jobs of some runs that the current runs of one or more series ask for.
class Wanted {
 public:
  static Wanted by(SeriesNumber series, QueueState& state, const std::set<RunNumber>& runs);
  /// SeriesNumber{} leaves none out.
  static Wanted by_all_but(SeriesNumber left_out, QueueState& state,
                           const std::set<RunNumber>& runs);

  /// `job` is of one of the runs.
  bool has(const Job& job) const;

 private:
  explicit Wanted(QueueState& state) : state_(state) {}
  void add(const Series& series, const std::set<RunNumber>& runs);

  QueueState& state_;
  std::map<RunNumber, std::vector<DatasetNumber>> datasets_;
};

/// The waiting jobs of the series, without those that another series contains too: what a rule
/// of the series may end.
std::vector<JobNumber> waiting_for_this_only(QueueState& state, SeriesNumber series);

}  // namespace cox::core
