#include "coordinator/core/retire.h"

#include <fmt/format.h>

#include "coordinator/core/steering.h"
#include "coordinator/core/wanted.h"

namespace cox::core {

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
  const Wanted wanted = Wanted::by_all_but(asked != nullptr ? series : SeriesNumber{}, state, runs);
  const auto is_wanted = [&](const Job& job) {
    if (asked != nullptr) {
      const auto videos = asked->find(job.run);
      if (videos != asked->end() && videos->second.contains(job.video)) return true;
    }
    return wanted.has(job);
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
