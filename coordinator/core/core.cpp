#include "coordinator/core/core.h"

#include <algorithm>
#include <set>

#include "coordinator/core/reducers.h"

namespace cox::core {

namespace {

struct Dispatch {
  Step& step;
  void operator()(Submitted& event) { on_submitted(step, std::move(event)); }
  void operator()(WorkerJoined& event) { on_worker_joined(step, std::move(event)); }
  void operator()(LeaseAsked& event) { on_lease_asked(step, event); }
  void operator()(HeartbeatSeen& event) { on_heartbeat(step, event); }
  void operator()(Reported& event) { on_reported(step, std::move(event)); }
  void operator()(WorkerLeft& event) { on_worker_left(step, event); }
  void operator()(Tick&) { on_tick(step); }
  void operator()(Stalled& event) { on_stalled(step, event); }
  void operator()(CancelAsked& event) { on_cancel(step, event); }
  void operator()(RetryAsked& event) { on_retry(step, event); }
  void operator()(PauseAsked& event) { on_pause(step, event); }
  void operator()(ResumeAsked& event) { on_resume(step, event); }
  void operator()(PriorityAsked& event) { on_priority(step, event); }
  void operator()(LabelAsked& event) { on_label(step, event); }
};

void add_tally(JobCounts& counts, const StateTally& tally) {
  counts.queued += tally.of(JobState::kQueued) + tally.of(JobState::kBlocked);
  counts.leased += tally.of(JobState::kLeased);
  counts.done += tally.of(JobState::kDone);
  counts.failed +=
      tally.of(JobState::kFailed) + tally.of(JobState::kQuarantined) - tally.failed_as_expected;
  counts.failed_as_expected += tally.failed_as_expected;
  counts.cancelled += tally.of(JobState::kCancelled);
  counts.paused += tally.of(JobState::kPaused);
  counts.stopped += tally.of(JobState::kStopped);
}

}  // namespace

Core::Core(CoreConfig config) : state_(std::make_unique<QueueState>(config)) {}
Core::Core(Core&&) noexcept = default;
Core& Core::operator=(Core&&) noexcept = default;
Core::~Core() = default;

Effects Core::apply(Event event, TimeUs now) {
  Step step{*state_, now, {}};
  std::visit(Dispatch{step}, event);
  save_totals(step);
  return std::move(step.effects);
}

std::optional<TimeUs> Core::next_deadline() const {
  const QueueState& state = *state_;
  std::optional<TimeUs> next;
  const auto consider = [&](TimeUs time) { next = next ? std::min(*next, time) : time; };
  if (!state.lease_deadlines.empty()) consider(state.lease_deadlines.begin()->first);
  if (!state.blocked.empty()) consider(state.blocked.begin()->first);
  if (!state.time_limits.empty()) consider(state.time_limits.begin()->first);
  if (!state.workers_seen.empty()) {
    consider(state.workers_seen.begin()->first + state.config.worker_silence);
  }
  return next;
}

JobCounts Core::counts() const {
  JobCounts counts;
  add_tally(counts, state_->total);
  return counts;
}

std::optional<JobCounts> Core::counts_of_series(const std::string& name) const {
  QueueState& state = *state_;
  const auto number = state.series_by_name.find(name);
  if (number == state.series_by_name.end()) return std::nullopt;
  const Series& series = state.series(number->second);
  JobCounts counts;
  std::set<std::pair<RunNumber, DatasetNumber>> counted;
  for (const auto& [run_name, run] : series.current) {
    const DatasetNumber dataset = series.members.at({run_name, run}).dataset;
    if (!counted.emplace(run, dataset).second) continue;
    add_tally(counts, find_slice(state.run(run), dataset)->tally());
  }
  return counts;
}

std::vector<std::string> Core::series_names() const {
  std::vector<std::string> names;
  for (const Series& series : state_->all_series) names.push_back(series.record.name);
  return names;
}

std::uint32_t Core::worker_count() const {
  return static_cast<std::uint32_t>(state_->workers.size());
}

std::uint64_t Core::last_sequence() const { return state_->last_sequence; }

std::optional<JobNames> Core::names_of(const JobDigest& digest) const {
  const auto number = state_->job_by_digest.find(digest);
  if (number == state_->job_by_digest.end()) return std::nullopt;
  return core::names_of(*state_, state_->job(number->second));
}

std::optional<JobFacts> Core::facts_of(const JobDigest& digest) const {
  const auto number = state_->job_by_digest.find(digest);
  if (number == state_->job_by_digest.end()) return std::nullopt;
  const Job& job = state_->job(number->second);
  const RunRecord& run = state_->run(job.run).record;
  return JobFacts{run.model_digest, state_->video(job.video).digest, run.parameters_json};
}

std::vector<OpenRun> Core::open_runs() const {
  std::vector<OpenRun> open;
  for (const Run& run : state_->runs) {
    const auto jobs = std::count_if(run.jobs.begin(), run.jobs.end(), [&](JobNumber job) {
      return is_open(state_->job(job).status.state);
    });
    if (jobs == 0) continue;
    open.push_back({state_->series(run.record.owner).record.name, run.record.owner_name,
                    run.record.definition, static_cast<std::uint64_t>(jobs)});
  }
  return open;
}

}  // namespace cox::core
