#include <algorithm>
#include <tuple>

#include "coordinator/core/lease.h"
#include "coordinator/core/time_limit.h"

namespace cox::core {

namespace {

template <typename Number>
void check_number(Number number, std::size_t rows) {
  COX_CHECK(static_cast<std::size_t>(number) == rows + 1,
            "a snapshot's rows are numbered without gaps");
}

void restore_catalogue(QueueState& state, Snapshot& snapshot) {
  for (SeriesRecord& record : snapshot.series) {
    check_number(record.number, state.all_series.size());
    state.series_by_name.emplace(record.name, record.number);
    Series series;
    series.record = std::move(record);
    state.all_series.push_back(std::move(series));
  }
  for (VideoRecord& record : snapshot.videos) {
    check_number(record.number, state.videos.size());
    state.video_by_identity.emplace(identity_of(record), record.number);
    state.videos.push_back(std::move(record));
  }
  for (DatasetRecord& record : snapshot.datasets) {
    check_number(record.number, state.datasets.size());
    state.dataset_by_digest.emplace(record.digest, record.number);
    Dataset dataset{std::move(record), std::vector<bool>(state.videos.size() + 1)};
    for (const VideoNumber video : dataset.record.videos) {
      dataset.covers[static_cast<std::size_t>(video)] = true;
    }
    state.datasets.push_back(std::move(dataset));
  }
  for (SubmissionRecord& record : snapshot.submissions) {
    check_number(record.number, state.submissions.size());
    state.series(record.series).newest = record.number;
    state.submissions.push_back(std::move(record));
  }
}

void restore_runs(QueueState& state, Snapshot& snapshot) {
  for (RunRecord& record : snapshot.runs) {
    check_number(record.number, state.runs.size());
    state.run_by_digest.emplace(record.digest, record.number);
    const ModelNumber model = model_number(state, record.model_digest);
    const GroupNumber group = group_number(state, record.share.trajectory);
    state.runs.push_back(Run{std::move(record), model, group, {}, {}});
  }
  for (MemberRecord& member : snapshot.members) {
    Series& series = state.series(member.series);
    ensure_slice(state, member.run, member.dataset);
    if (!member.superseded) series.current.emplace(member.name, member.run);
    series.members.emplace(std::pair(member.name, member.run), std::move(member));
  }
}

void restore_jobs(QueueState& state, const Snapshot& snapshot) {
  state.jobs.reserve(snapshot.jobs.size());
  state.job_by_digest.reserve(snapshot.jobs.size());
  for (const JobRecord& record : snapshot.jobs) {
    check_number(record.number, state.jobs.size());
    state.jobs.push_back(
        Job{record.digest, record.run, record.video, record.submission, record.status, {}});
    state.job_by_digest.emplace(record.digest, record.number);
    state.run(record.run).jobs.push_back(record.number);
    add_to_indexes(state, record.number);
  }
}

void restore_workers(QueueState& state, Snapshot& snapshot, TimeUs now) {
  for (WorkerRecord& record : snapshot.workers) {
    add_worker(state, Worker{std::move(record), {}, now});
  }
  for (LeaseRecord& record : snapshot.leases) {
    Lease lease;
    lease.number = record.number;
    lease.worker = record.worker;
    lease.jobs = std::move(record.jobs);
    lease.deadline = now + state.config.reconnect_grace;
    lease.restored = true;
    for (const JobNumber job : lease.jobs) state.job(job).lease = lease.number;
    const LeaseNumber number = lease.number;
    add_lease(state, std::move(lease));
    watch_time(state, state.leases.at(number), now);
  }
}

}  // namespace

Core Core::restore(CoreConfig config, Snapshot snapshot, TimeUs now) {
  Core core(config);
  QueueState& state = *core.state_;
  restore_catalogue(state, snapshot);
  restore_runs(state, snapshot);
  restore_jobs(state, snapshot);
  restore_workers(state, snapshot, now);
  state.last_worker = snapshot.last_worker;
  state.last_lease = snapshot.last_lease;
  state.last_sequence = snapshot.last_sequence;
  return core;
}

Snapshot Core::snapshot() const {
  const QueueState& state = *state_;
  Snapshot snapshot;
  for (const Series& series : state.all_series) {
    snapshot.series.push_back(series.record);
    for (const auto& [key, member] : series.members) snapshot.members.push_back(member);
  }
  std::sort(snapshot.members.begin(), snapshot.members.end(),
            [](const MemberRecord& a, const MemberRecord& b) {
              return std::tie(a.series, a.position, a.name, a.run) <
                     std::tie(b.series, b.position, b.name, b.run);
            });
  for (const Dataset& dataset : state.datasets) snapshot.datasets.push_back(dataset.record);
  snapshot.videos = state.videos;
  snapshot.submissions = state.submissions;
  for (const Run& run : state.runs) snapshot.runs.push_back(run.record);
  snapshot.jobs.reserve(state.jobs.size());
  for (std::size_t i = 0; i < state.jobs.size(); ++i) {
    const Job& job = state.jobs[i];
    snapshot.jobs.push_back({static_cast<JobNumber>(i + 1), job.digest, job.run, job.video,
                             job.submission, job.status});
  }
  for (const auto& [number, worker] : state.workers) snapshot.workers.push_back(worker.record);
  for (const auto& [number, lease] : state.leases) {
    snapshot.leases.push_back({number, lease.worker, lease.jobs});
  }
  snapshot.last_worker = state.last_worker;
  snapshot.last_lease = state.last_lease;
  snapshot.last_sequence = state.last_sequence;
  return snapshot;
}

}  // namespace cox::core
