#include "coordinator/core/wanted.h"

#include <algorithm>

namespace cox::core {

Wanted::Wanted(QueueState& state, const std::set<RunNumber>& runs, SeriesNumber left_out)
    : state_(state) {
  for (const Series& series : state.all_series) {
    if (series.record.number == left_out) continue;
    for (const auto& [key, member] : series.members) {
      if (member.superseded || !runs.contains(member.run)) continue;
      datasets_[member.run].push_back(member.dataset);
    }
  }
}

bool Wanted::has(const Job& job) const {
  const auto datasets = datasets_.find(job.run);
  return datasets != datasets_.end() &&
         std::any_of(datasets->second.begin(), datasets->second.end(),
                     [&](DatasetNumber dataset) { return state_.dataset(dataset).has(job.video); });
}

std::vector<JobNumber> waiting_for_this_only(QueueState& state, SeriesNumber series) {
  std::set<RunNumber> runs;
  for (const auto& [key, member] : state.series(series).members) runs.insert(member.run);
  const Wanted elsewhere(state, runs, series);
  std::vector<JobNumber> waiting;
  for (const RunNumber run : runs) {
    for (const JobNumber number : state.run(run).jobs) {
      const Job& job = state.job(number);
      const JobState now = job.status.state;
      const bool waits = now == JobState::kQueued || now == JobState::kBlocked;
      if (waits && state.series_number(job) == series && !elsewhere.has(job)) {
        waiting.push_back(number);
      }
    }
  }
  return waiting;
}

}  // namespace cox::core
