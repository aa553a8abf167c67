#include "coordinator/core/preview.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "coordinator/core/retire.h"

namespace cox::core {

namespace {

/// Counts the runs of `event` that exist, as enter_run would.
void preview_runs(QueueState& state, const Submitted& event, SubmissionAnswer& answer) {
  std::unordered_map<std::string, std::string> new_names;  // by digest
  const std::vector<std::size_t> first_jobs = event.first_jobs();
  for (std::size_t r = 0; r < event.runs.size(); ++r) {
    const SubmittedRun& run = event.runs[r];
    const auto known = state.run_by_digest.find(run.digest);
    if (known == state.run_by_digest.end()) {
      const auto [first, is_new] = new_names.try_emplace(run.digest, run.name);
      if (is_new) {
        ++answer.new_runs;
        continue;
      }
      answer.known.push_back({run.name, event.series, first->second, 0, event.videos_of(run)});
    } else {
      const RunRecord& record = state.run(known->second).record;
      KnownRun& found =
          answer.known.emplace_back(KnownRun{run.name, state.series(record.owner).record.name,
                                             record.owner_name, 0, event.videos_of(run)});
      for (std::size_t i = first_jobs[r]; i < first_jobs[r + 1]; ++i) {
        const auto job = state.job_by_digest.find(event.jobs[i]);
        found.done_jobs += job != state.job_by_digest.end() &&
                           state.job(job->second).status.state == JobState::kDone;
      }
    }
    ++answer.known_runs;
  }
}

/// Counts the current runs of the series that would lose their name.
std::uint32_t count_retired(QueueState& state, SeriesNumber series, const Submitted& event) {
  std::map<std::string, std::string> digests;  // by name
  for (const SubmittedRun& run : event.runs) digests[run.name] = run.digest;
  std::uint32_t retired = 0;
  for (const auto& [name, run] : state.series(series).current) {
    const auto submitted = digests.find(name);
    retired += submitted == digests.end() || submitted->second != state.run(run).record.digest;
  }
  return retired;
}

/// Counts the jobs that no series would need any more.
std::uint64_t count_unwanted(QueueState& state, SeriesNumber series, const Submitted& event) {
  std::map<std::size_t, std::set<VideoNumber>> videos;  // existing ones, by a run's count
  for (const SubmittedRun& run : event.runs) videos[event.videos_of(run)];
  for (std::size_t v = 0; v < event.videos.size(); ++v) {
    const auto known = state.video_by_identity.find(identity_of(event.videos[v]));
    if (known == state.video_by_identity.end()) continue;
    for (auto part = videos.upper_bound(v); part != videos.end(); ++part) {
      part->second.insert(known->second);
    }
  }
  AskedVideos asked;
  for (const SubmittedRun& run : event.runs) {
    const auto known = state.run_by_digest.find(run.digest);
    if (known != state.run_by_digest.end())
      asked[known->second].merge(std::set(videos.at(event.videos_of(run))));
  }
  const std::vector<JobNumber> unwanted = unwanted_jobs(state, series, &asked);
  return static_cast<std::uint64_t>(
      std::count_if(unwanted.begin(), unwanted.end(), [&](JobNumber job) {
        return may_become(state.job(job).status.state, JobState::kCancelled);
      }));
}

}  // namespace

SubmissionAnswer preview(QueueState& state, const Submitted& event) {
  SubmissionAnswer answer;
  preview_runs(state, event, answer);
  std::unordered_set<JobDigest> new_jobs;
  for (const JobDigest& job : event.jobs) {
    const bool is_new = !state.job_by_digest.contains(job) && new_jobs.insert(job).second;
    ++(is_new ? answer.new_jobs : answer.known_jobs);
  }
  const auto known = state.series_by_name.find(event.series);
  const SeriesNumber series = known == state.series_by_name.end() ? SeriesNumber{} : known->second;
  if (series != SeriesNumber{}) answer.retired_runs = count_retired(state, series, event);
  answer.cancelled_jobs = count_unwanted(state, series, event);
  return answer;
}

}  // namespace cox::core
