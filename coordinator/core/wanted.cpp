#include "coordinator/core/wanted.h"

#include <algorithm>

namespace cox::core {

void Wanted::add(const Series& series, const std::set<RunNumber>& runs) {
  for (const auto& [key, member] : series.members) {
    if (member.superseded || !runs.contains(member.run)) continue;
    datasets_[member.run].push_back(member.dataset);
  }
}

Wanted Wanted::by(SeriesNumber series, QueueState& state, const std::set<RunNumber>& runs) {
  Wanted wanted(state);
  wanted.add(state.series(series), runs);
  return wanted;
}

Wanted Wanted::by_all_but(SeriesNumber left_out, QueueState& state,
                          const std::set<RunNumber>& runs) {
  Wanted wanted(state);
  for (const Series& series : state.all_series) {
    if (series.record.number != left_out) wanted.add(series, runs);
  }
  return wanted;
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
  const Wanted elsewhere = Wanted::by_all_but(series, state, runs);
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
