#include "coordinator/store/snapshot_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <vector>

namespace cox::store {

namespace {

template <typename Records>
Status check_numbers(std::string_view table, const Records& records) {
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto number = static_cast<std::size_t>(records[i].number);
    if (number == i + 1) continue;
    return {
        StatusCode::kDataLoss,
        fmt::format("table {}: expected row {}, got {}; a row is missing", table, i + 1, number)};
  }
  return Status::ok();
}

template <typename Number>
Status check_reference(std::string_view what, Number number, std::size_t rows) {
  const auto value = static_cast<std::size_t>(number);
  if (value >= 1 && value <= rows) return Status::ok();
  return {StatusCode::kDataLoss,
          fmt::format("{} refers to row {}, expected 1 to {}", what, value, rows)};
}

Status check_jobs(const core::Snapshot& s) {
  for (const core::JobRecord& job : s.jobs) {
    COX_RETURN_IF_ERROR(check_reference("jobs.run_id", job.run, s.runs.size()));
    COX_RETURN_IF_ERROR(check_reference("jobs.video_id", job.video, s.videos.size()));
    COX_RETURN_IF_ERROR(
        check_reference("jobs.submission_id", job.submission, s.submissions.size()));
    const auto state = static_cast<int>(job.status.state);
    if (state >= core::kJobStateCount) {
      return {StatusCode::kDataLoss,
              fmt::format("jobs.state: expected 0 to {}, got {}", core::kJobStateCount - 1, state)};
    }
    const auto stop = static_cast<int>(job.status.stop);
    if (stop >= core::kStopReasonCount) {
      return {StatusCode::kDataLoss, fmt::format("jobs.stop_reason: expected 0 to {}, got {}",
                                                 core::kStopReasonCount - 1, stop)};
    }
    const auto cause = static_cast<std::size_t>(job.status.cause);
    if (cause >= kCauseNames.size()) {
      return {StatusCode::kDataLoss,
              fmt::format("jobs.cause: expected 0 to {}, got {}", kCauseNames.size() - 1, cause)};
    }
  }
  return Status::ok();
}

Status check_leases(const core::Snapshot& s) {
  std::vector<bool> leased(s.jobs.size() + 1);
  std::set<core::WorkerNumber> workers;
  for (const core::WorkerRecord& worker : s.workers) workers.insert(worker.number);
  for (const core::LeaseRecord& lease : s.leases) {
    if (!workers.contains(lease.worker)) {
      return {StatusCode::kDataLoss, "an open attempt belongs to a worker that does not exist"};
    }
    for (const core::JobNumber job : lease.jobs) {
      COX_RETURN_IF_ERROR(check_reference("attempts.job_id", job, s.jobs.size()));
      const auto number = static_cast<std::size_t>(job);
      if (leased[number] || s.jobs[number - 1].status.state != core::JobState::kLeased) {
        return {
            StatusCode::kDataLoss,
            fmt::format("job {} has two open attempts, or one although it is not leased", number)};
      }
      leased[number] = true;
    }
  }
  for (const core::JobRecord& job : s.jobs) {
    if (job.status.state != core::JobState::kLeased) continue;
    if (leased[static_cast<std::size_t>(job.number)]) continue;
    return {StatusCode::kDataLoss,
            fmt::format("job {} is leased but has no open attempt", fmt::underlying(job.number))};
  }
  return Status::ok();
}

}  // namespace

Status check_snapshot(const core::Snapshot& s) {
  COX_RETURN_IF_ERROR(check_numbers("series", s.series));
  COX_RETURN_IF_ERROR(check_numbers("videos", s.videos));
  COX_RETURN_IF_ERROR(check_numbers("datasets", s.datasets));
  COX_RETURN_IF_ERROR(check_numbers("submissions", s.submissions));
  COX_RETURN_IF_ERROR(check_numbers("runs", s.runs));
  COX_RETURN_IF_ERROR(check_numbers("jobs", s.jobs));
  for (const core::DatasetRecord& dataset : s.datasets) {
    for (const core::VideoNumber video : dataset.videos) {
      COX_RETURN_IF_ERROR(check_reference("dataset_videos.video_id", video, s.videos.size()));
    }
  }
  for (const core::SubmissionRecord& submission : s.submissions) {
    COX_RETURN_IF_ERROR(
        check_reference("submissions.series_id", submission.series, s.series.size()));
    COX_RETURN_IF_ERROR(
        check_reference("submissions.dataset_id", submission.dataset, s.datasets.size()));
  }
  for (const core::RunRecord& run : s.runs) {
    COX_RETURN_IF_ERROR(check_reference("runs.owner_series_id", run.owner, s.series.size()));
  }
  for (const core::MemberRecord& member : s.members) {
    COX_RETURN_IF_ERROR(check_reference("series_runs.series_id", member.series, s.series.size()));
    COX_RETURN_IF_ERROR(check_reference("series_runs.run_id", member.run, s.runs.size()));
    COX_RETURN_IF_ERROR(
        check_reference("series_runs.dataset_id", member.dataset, s.datasets.size()));
  }
  COX_RETURN_IF_ERROR(check_jobs(s));
  return check_leases(s);
}

void bound_waits(core::Snapshot& snapshot, TimeUs now) {
  DurationUs longest = 0;
  for (const core::SubmissionRecord& submission : snapshot.submissions) {
    longest = std::max(longest, submission.retry.backoff_max_us);
  }
  for (core::JobRecord& job : snapshot.jobs) {
    job.status.ready_at = std::min(job.status.ready_at, now + longest);
  }
}

}  // namespace cox::store
