#include <algorithm>
#include <map>

#include "base/text.h"
#include "coordinator/core/queue_state.h"

namespace cox::core {

namespace {

/// The data sets on which current runs of any series ask for each of `runs`.
std::map<RunNumber, std::vector<DatasetNumber>> wanted_on(const QueueState& state,
                                                          const std::set<RunNumber>& runs) {
  std::map<RunNumber, std::vector<DatasetNumber>> wanted;
  for (const Series& series : state.series) {
    for (const auto& [key, member] : series.members) {
      if (member.superseded || !runs.contains(member.run)) continue;
      wanted[member.run].push_back(member.dataset);
    }
  }
  return wanted;
}

}  // namespace

void retire(Step& step, SeriesNumber number, const std::string& name, const std::string& why) {
  Series& series = step.state.at(number);
  const RunNumber run = series.current.at(name);
  MemberRecord& member = series.members.at({name, run});
  member.superseded = true;
  step.save(SaveMember{member});
  journal(step, "superseded", number, {},
          concat("run '", name, "' ", why, "; the results of ", step.state.at(run).record.digest,
                 " stay under that digest"));
  series.current.erase(name);
}

std::uint64_t cancel_unwanted(Step& step, SeriesNumber number) {
  QueueState& state = step.state;
  std::set<RunNumber> runs;
  for (const auto& [key, member] : state.at(number).members) runs.insert(member.run);
  const auto wanted = wanted_on(state, runs);
  const auto is_wanted = [&](const Job& job) {
    const auto datasets = wanted.find(job.run);
    return datasets != wanted.end() &&
           std::any_of(datasets->second.begin(), datasets->second.end(),
                       [&](DatasetNumber dataset) { return state.at(dataset).has(job.video); });
  };
  std::uint64_t cancelled = 0;
  for (const RunNumber run : runs) {
    for (const JobNumber job : state.at(run).jobs) {
      if (is_wanted(state.at(job))) continue;
      cancelled += cancel_job(step, job, "no sweep asks for the job any more") ? 1 : 0;
    }
  }
  if (cancelled > 0) {
    journal(step, "cancelled", number, {},
            concat(cancelled, " jobs that no sweep asks for any more"));
  }
  return cancelled;
}

}  // namespace cox::core
