#include "coordinator/core/retire.h"

#include <fmt/format.h>

#include <algorithm>

#include "coordinator/core/steering.h"

namespace cox::core {

namespace {

/// The data sets on which current runs of any series, `left_out` excepted, ask for each of `runs`.
std::map<RunNumber, std::vector<DatasetNumber>> wanted_on(const QueueState& state,
                                                          const std::set<RunNumber>& runs,
                                                          SeriesNumber left_out) {
  std::map<RunNumber, std::vector<DatasetNumber>> wanted;
  for (const Series& series : state.all_series) {
    if (series.record.number == left_out) continue;
    for (const auto& [key, member] : series.members) {
      if (member.superseded || !runs.contains(member.run)) continue;
      wanted[member.run].push_back(member.dataset);
    }
  }
  return wanted;
}

}  // namespace

void retire(Step& step, SeriesNumber number, const std::string& name, const std::string& why) {
  Series& series = step.state.series(number);
  const RunNumber run = series.current.at(name);
  MemberRecord& member = series.members.at({name, run});
  member.superseded = true;
  step.save(SaveMember{member});
  journal(step, "superseded", number, {},
          fmt::format("run '{}' {}; the results of {} are kept", name, why,
                      step.state.run(run).record.digest));
  series.current.erase(name);
}

std::vector<JobNumber> unwanted_jobs(QueueState& state, SeriesNumber series,
                                     const AskedVideos* asked) {
  std::set<RunNumber> runs;
  if (series != SeriesNumber{}) {
    for (const auto& [key, member] : state.series(series).members) runs.insert(member.run);
  }
  if (asked != nullptr) {
    for (const auto& [run, videos] : *asked) runs.insert(run);
  }
  const auto wanted = wanted_on(state, runs, asked != nullptr ? series : SeriesNumber{});
  const auto is_wanted = [&](const Job& job) {
    if (asked != nullptr) {
      const auto videos = asked->find(job.run);
      if (videos != asked->end() && videos->second.contains(job.video)) return true;
    }
    const auto datasets = wanted.find(job.run);
    return datasets != wanted.end() && std::any_of(datasets->second.begin(), datasets->second.end(),
                                                   [&](DatasetNumber dataset) {
                                                     return state.dataset(dataset).has(job.video);
                                                   });
  };
  std::vector<JobNumber> unwanted;
  for (const RunNumber run : runs) {
    for (const JobNumber job : state.run(run).jobs) {
      if (!is_wanted(state.job(job))) unwanted.push_back(job);
    }
  }
  return unwanted;
}

std::uint64_t cancel_unwanted(Step& step, SeriesNumber series) {
  std::uint64_t cancelled = 0;
  for (const JobNumber job : unwanted_jobs(step.state, series)) {
    cancelled += cancel_job(step, job, "no sweep contains the job any more") ? 1 : 0;
  }
  if (cancelled > 0) {
    journal(step, "cancelled", series, {},
            fmt::format("{} jobs that no sweep contains any more", cancelled));
  }
  return cancelled;
}

}  // namespace cox::core
