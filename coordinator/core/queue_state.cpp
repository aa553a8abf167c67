#include "coordinator/core/queue_state.h"

#include "base/text.h"

namespace cox::core {

namespace {

bool is_failed_as_expected(const JobStatus& status) {
  return status.state == JobState::kFailed && status.failure_expected &&
         status.cause == FailureCause::kData;
}

/// A diverged job is a finding, and one that was expected surprises nobody: neither stops a series.
bool counts_for_policy(const JobStatus& status) {
  if (status.state == JobState::kQuarantined) return true;
  return status.state == JobState::kFailed && status.cause != FailureCause::kDiverged &&
         !is_failed_as_expected(status);
}

}  // namespace

void StateTally::add(const JobStatus& status) {
  ++in[static_cast<std::size_t>(status.state)];
  failed_as_expected += is_failed_as_expected(status);
  stopping += counts_for_policy(status);
}

void StateTally::remove(const JobStatus& status) {
  --in[static_cast<std::size_t>(status.state)];
  failed_as_expected -= is_failed_as_expected(status);
  stopping -= counts_for_policy(status);
}

ReadyQueue::Place QueueState::place_of(JobNumber number) {
  const Job& job = at(number);
  const Run& run = at(job.run);
  return {.model = run.model,
          .needs = governing(job).needs,
          .priority = job.status.priority,
          .submission = job.submission,
          .video = job.video,
          .group = run.group,
          .horizon = run.record.share.horizon,
          .job = number};
}

std::string identity_of(const Video& video) {
  return concat(video.id, '\0', video.digest, '\0', video.caption);
}

LeaseId id_of(LeaseNumber lease) {
  return LeaseId(concat("lease-", static_cast<std::uint64_t>(lease)));
}

WorkerId id_of(const WorkerRecord& worker) {
  return WorkerId(concat(worker.name, '.', static_cast<std::uint32_t>(worker.number)));
}

void enlist(QueueState& state, JobNumber number) {
  const Job& job = state.at(number);
  state.total.add(job.status);
  state.series_of(job).owned.add(job.status);
  for (Slice& slice : state.at(job.run).slices) {
    if (state.at(slice.dataset).has(job.video)) slice.tally.add(job.status);
  }
  if (job.status.state == JobState::kQueued) state.ready.insert(state.place_of(number));
  if (job.status.state == JobState::kBlocked) state.blocked.emplace(job.status.ready_at, number);
}

void delist(QueueState& state, JobNumber number) {
  const Job& job = state.at(number);
  state.total.remove(job.status);
  state.series_of(job).owned.remove(job.status);
  for (Slice& slice : state.at(job.run).slices) {
    if (state.at(slice.dataset).has(job.video)) slice.tally.remove(job.status);
  }
  if (job.status.state == JobState::kQueued) state.ready.erase(state.place_of(number));
  if (job.status.state == JobState::kBlocked) state.blocked.erase({job.status.ready_at, number});
}

void change(Step& step, JobNumber number, const JobStatus& next) {
  Job& job = step.state.at(number);
  COX_CHECK(job.status.state == next.state || may_become(job.status.state, next.state),
            concat("job ", job.digest.hex(), " cannot go from ", state_name(job.status.state),
                   " to ", state_name(next.state)));
  COX_CHECK(next.attempt >= job.status.attempt, "attempts only grow");
  delist(step.state, number);
  job.status = next;
  enlist(step.state, number);
  step.save(SaveJobState{number, next});
}

Slice* find_slice(Run& run, DatasetNumber dataset) {
  for (Slice& slice : run.slices) {
    if (slice.dataset == dataset) return &slice;
  }
  return nullptr;
}

void ensure_slice(QueueState& state, RunNumber number, DatasetNumber dataset) {
  Run& run = state.at(number);
  if (find_slice(run, dataset) != nullptr) return;
  Slice slice{dataset, {}};
  for (const JobNumber job : run.jobs) {
    if (state.at(dataset).has(state.at(job).video)) slice.tally.add(state.at(job).status);
  }
  run.slices.push_back(slice);
}

ModelNumber model_number(QueueState& state, const std::string& digest) {
  const auto next = static_cast<ModelNumber>(state.model_by_digest.size());
  return state.model_by_digest.try_emplace(digest, next).first->second;
}

GroupNumber group_number(QueueState& state, const std::string& share_key) {
  if (share_key.empty()) return GroupNumber{};
  const auto next = static_cast<GroupNumber>(state.group_by_key.size() + 1);
  return state.group_by_key.try_emplace(share_key, next).first->second;
}

JobNames names_of(QueueState& state, const Job& job) {
  const Run& run = state.at(job.run);
  const Series& series = state.series_of(job);
  JobNames names{series.record.name, run.record.owner_name, state.at(job.video).id};
  if (series.record.number == run.record.owner) return names;
  for (const auto& [key, member] : series.members) {
    if (member.run == job.run) names.run = member.name;
  }
  return names;
}

void end_attempt(Step& step, JobNumber number, AttemptOutcome outcome, std::string why,
                 FailureCause cause) {
  SaveAttemptEnd end;
  end.job = number;
  end.attempt = step.state.at(number).status.attempt;
  end.outcome = outcome;
  end.ended_at = step.now;
  end.cause = cause;
  end.message = std::move(why);
  step.save(std::move(end));
}

void journal_job(Step& step, std::string kind, JobNumber number, WorkerNumber worker,
                 std::string message) {
  const Job& job = step.state.at(number);
  JobNames names = names_of(step.state, job);
  JournalEntry entry;
  entry.sequence = ++step.state.last_sequence;
  entry.time = step.now;
  entry.kind = std::move(kind);
  entry.series_number = step.state.at(job.submission).series;
  entry.run_number = job.run;
  entry.video_number = job.video;
  entry.job_number = number;
  entry.worker_number = worker;
  entry.attempt = job.status.attempt;
  entry.series = std::move(names.series);
  entry.run = std::move(names.run);
  entry.video = std::move(names.video);
  entry.message = std::move(message);
  step.save(std::move(entry));
}

void journal(Step& step, std::string kind, SeriesNumber series, WorkerNumber worker,
             std::string message) {
  JournalEntry entry;
  entry.sequence = ++step.state.last_sequence;
  entry.time = step.now;
  entry.kind = std::move(kind);
  entry.series_number = series;
  entry.worker_number = worker;
  if (series != SeriesNumber{}) entry.series = step.state.at(series).record.name;
  entry.message = std::move(message);
  step.save(std::move(entry));
}

}  // namespace cox::core
