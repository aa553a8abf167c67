#include "coordinator/core/queue_state.h"

#include <fmt/format.h>

#include <algorithm>

namespace cox::core {

namespace {

bool is_failed_as_expected(const JobStatus& status) {
  return status.state == JobState::kFailed && status.failure_expected &&
         status.cause == FailureCause::kData;
}

/// Diverged jobs are findings, and expected failures need no attention: neither stops a series.
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

void StateTally::add(const StateTally& other) {
  for (std::size_t state = 0; state < in.size(); ++state) in[state] += other.in[state];
  failed_as_expected += other.failed_as_expected;
  stopping += other.stopping;
}

StateTally& Slice::tally_of(SeriesNumber series) {
  for (auto& [owner, tally] : tallies) {
    if (owner == series) return tally;
  }
  return tallies.emplace_back(series, StateTally{}).second;
}

StateTally Slice::tally() const {
  StateTally sum;
  for (const auto& [owner, tally] : tallies) sum.add(tally);
  return sum;
}

Resources QueueState::needs_of(const Job& job) {
  Resources needs = governing(job).needs;
  if (job.status.memory_above_mib == 0) return needs;
  needs.gpus = std::max(needs.gpus, 1U);
  needs.gpu_memory_bytes = std::max(needs.gpu_memory_bytes, job.status.memory_above_mib * kMib + 1);
  return needs;
}

ReadyQueue::Entry QueueState::entry_of(JobNumber number) {
  const Job& queued = job(number);
  const Run& its_run = run(queued.run);
  return {.model = its_run.model,
          .needs = needs_of(queued),
          .series = series_number(queued),
          .priority = queued.status.priority,
          .submission = queued.submission,
          .video = queued.video,
          .group = its_run.group,
          .horizon = its_run.record.share.horizon,
          .job = number};
}

std::string identity_of(const Video& video) {
  std::string identity = video.id;
  identity += '\0';
  identity += video.digest;
  identity += '\0';
  identity += video.caption;
  return identity;
}

LeaseId id_of(LeaseNumber lease) {
  return LeaseId(fmt::format("lease-{}", static_cast<std::uint64_t>(lease)));
}

WorkerId id_of(const WorkerRecord& worker) {
  return WorkerId(fmt::format("{}.{}", worker.name, static_cast<std::uint32_t>(worker.number)));
}

void add_to_indexes(QueueState& state, JobNumber number) {
  const Job& job = state.job(number);
  const SeriesNumber series = state.series_number(job);
  state.total.add(job.status);
  state.series(series).owned.add(job.status);
  for (Slice& slice : state.run(job.run).slices) {
    if (state.dataset(slice.dataset).has(job.video)) slice.tally_of(series).add(job.status);
  }
  if (job.status.state == JobState::kQueued) state.ready.insert(state.entry_of(number));
  if (job.status.state == JobState::kBlocked) state.blocked.emplace(job.status.ready_at, number);
}

void remove_from_indexes(QueueState& state, JobNumber number) {
  const Job& job = state.job(number);
  const SeriesNumber series = state.series_number(job);
  state.total.remove(job.status);
  state.series(series).owned.remove(job.status);
  for (Slice& slice : state.run(job.run).slices) {
    if (state.dataset(slice.dataset).has(job.video)) slice.tally_of(series).remove(job.status);
  }
  if (job.status.state == JobState::kQueued) state.ready.erase(state.entry_of(number));
  if (job.status.state == JobState::kBlocked) state.blocked.erase({job.status.ready_at, number});
}

Slice* find_slice(Run& run, DatasetNumber dataset) {
  for (Slice& slice : run.slices) {
    if (slice.dataset == dataset) return &slice;
  }
  return nullptr;
}

void ensure_slice(QueueState& state, RunNumber number, DatasetNumber dataset) {
  Run& run = state.run(number);
  if (find_slice(run, dataset) != nullptr) return;
  Slice slice{dataset};
  for (const JobNumber number_of_job : run.jobs) {
    const Job& job = state.job(number_of_job);
    if (!state.dataset(dataset).has(job.video)) continue;
    slice.tally_of(state.series_number(job)).add(job.status);
  }
  run.slices.push_back(std::move(slice));
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
  const Run& run = state.run(job.run);
  const Series& series = state.series_of(job);
  JobNames names{series.record.name, run.record.owner_name, state.video(job.video).id};
  if (series.record.number == run.record.owner) return names;
  for (const auto& [key, member] : series.members) {
    if (member.run == job.run) names.run = member.name;
  }
  return names;
}

}  // namespace cox::core
