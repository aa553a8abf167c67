#include "coordinator/store/loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/text.h"

namespace cox::store {

namespace {

/// Calls `take` with the statement at each row.
template <typename Take>
Status each_row(const Database& database, const std::string& sql, Take take) {
  COX_ASSIGN_OR_RETURN(Statement statement, Statement::prepare(database.handle(), sql));
  while (true) {
    COX_ASSIGN_OR_RETURN(const bool found, statement.step());
    if (!found) return Status::ok();
    COX_RETURN_IF_ERROR(take(statement));
  }
}

Status load_catalogue(const Database& database, core::Snapshot& to) {
  COX_RETURN_IF_ERROR(
      each_row(database, "SELECT id, name, number, title, labels, gpu_us FROM series ORDER BY id",
               [&](const Statement& row) {
                 to.series.push_back({row.integer<core::SeriesNumber>(0), row.text(1),
                                      row.integer(2), row.text(3), row.text(4), row.integer(5)});
                 return Status::ok();
               }));
  COX_RETURN_IF_ERROR(each_row(
      database, "SELECT id, video, path, digest, caption, dimensions FROM videos ORDER BY id",
      [&](const Statement& row) {
        const std::string lines = row.text(5);
        to.videos.push_back({{row.text(1), row.text(2), row.text(3), row.text(4),
                              lines.empty() ? std::vector<std::string>() : split(lines, '\n')},
                             row.integer<core::VideoNumber>(0)});
        return Status::ok();
      }));
  COX_RETURN_IF_ERROR(each_row(
      database, "SELECT id, name, digest FROM datasets ORDER BY id", [&](const Statement& row) {
        to.datasets.push_back({row.integer<core::DatasetNumber>(0), row.text(1), row.text(2), {}});
        return Status::ok();
      }));
  return each_row(
      database, "SELECT dataset_id, video_id FROM dataset_videos ORDER BY dataset_id, position",
      [&](const Statement& row) {
        const auto dataset = row.integer<std::size_t>(0);
        if (dataset < 1 || dataset > to.datasets.size()) {
          return Status(StatusCode::kDataLoss, "dataset_videos names a data set that is missing");
        }
        to.datasets[dataset - 1].videos.push_back(row.integer<core::VideoNumber>(1));
        return Status::ok();
      });
}

Status load_submissions(const Database& database, core::Snapshot& to) {
  return each_row(
      database,
      "SELECT id, series_id, dataset_id, time_us, priority, retry_crash, retry_oom, retry_lost, "
      "backoff_base_us, backoff_max_us, fail_fast, max_failed_jobs, gpus, gpu_memory_bytes, "
      "memory_bytes, max_gpu_hours, job_time_limit_us, stop_kind, stop_metric, "
      "stop_lower_is_better, stop_min_items, stop_factor, stop_spared "
      "FROM submissions ORDER BY id",
      [&](const Statement& row) {
        core::SubmissionRecord record;
        record.number = row.integer<core::SubmissionNumber>(0);
        record.series = row.integer<core::SeriesNumber>(1);
        record.dataset = row.integer<core::DatasetNumber>(2);
        record.time = row.integer(3);
        record.priority = row.integer<std::int32_t>(4);
        record.retry = {row.integer<std::uint32_t>(5), row.integer<std::uint32_t>(6),
                        row.integer<std::uint32_t>(7), row.integer(8), row.integer(9)};
        record.policy = {row.integer(10) != 0, row.integer<std::uint32_t>(11), row.real(15)};
        record.needs = {row.integer<std::uint32_t>(12), row.integer(13), row.integer(14)};
        record.job_time_limit = row.integer(16);
        record.stop_rule = {
            row.text(17),
            row.text(18),
            row.integer(19) != 0,
            row.integer<std::uint32_t>(20),
            row.integer<std::uint32_t>(21),
            row.text(22).empty() ? std::vector<std::string>() : split(row.text(22), '\n')};
        to.submissions.push_back(std::move(record));
        return Status::ok();
      });
}

Status load_runs(const Database& database, core::Snapshot& to) {
  COX_RETURN_IF_ERROR(
      each_row(database,
               "SELECT id, digest, method, backbone, model_digest, parameters, definition, "
               "owner_series_id, owner_name, lora_digest FROM runs "
               "ORDER BY id",
               [&](const Statement& row) {
                 to.runs.push_back({row.integer<core::RunNumber>(0),
                                    row.text(1),
                                    row.text(2),
                                    row.text(3),
                                    row.text(4),
                                    row.text(5),
                                    row.text(6),
                                    row.integer<core::SeriesNumber>(7),
                                    row.text(8),
                                    row.text(9),
                                    {},
                                    {}});
                 return Status::ok();
               }));
  COX_RETURN_IF_ERROR(each_row(
      database,
      "SELECT w.run_id, k.name, w.digest FROM run_weights w JOIN metrics k ON k.id = w.metric_id",
      [&](const Statement& row) {
        const auto run = row.integer<std::size_t>(0);
        if (run < 1 || run > to.runs.size()) {
          return Status(StatusCode::kDataLoss, "run_weights names a run that is missing");
        }
        to.runs[run - 1].metric_weights[row.text(1)] = row.text(2);
        return Status::ok();
      }));
  return each_row(
      database,
      "SELECT series_id, name, run_id, dataset_id, labels, position, superseded, origins "
      "FROM series_runs ORDER BY series_id, position, name, run_id",
      [&](const Statement& row) {
        to.members.push_back({row.integer<core::SeriesNumber>(0), row.text(1),
                              row.integer<core::RunNumber>(2), row.integer<core::DatasetNumber>(3),
                              row.text(4), row.integer<std::uint32_t>(5), row.integer(6) != 0,
                              row.text(7)});
        return Status::ok();
      });
}

/// More are loaded too, but memory for a count that a damaged file claims is not reserved.
constexpr std::int64_t kMostReservedJobs = 10'000'000;

Result<core::JobRecord> job_of(const Statement& row) {
  core::JobRecord job;
  job.number = row.integer<core::JobNumber>(0);
  const void* const digest = sqlite3_column_blob(row.handle(), 1);
  const int bytes = sqlite3_column_bytes(row.handle(), 1);
  if (digest == nullptr || static_cast<std::size_t>(bytes) != job.digest.bytes.size()) {
    return Status(StatusCode::kDataLoss,
                  fmt::format("jobs.digest of row {}: expected {} bytes, got {}", row.integer(0),
                              job.digest.bytes.size(), bytes));
  }
  std::memcpy(job.digest.bytes.data(), digest, job.digest.bytes.size());
  job.run = row.integer<core::RunNumber>(2);
  job.video = row.integer<core::VideoNumber>(3);
  job.submission = row.integer<core::SubmissionNumber>(4);
  job.status.state = row.integer<core::JobState>(5);
  job.status.cause = row.integer<FailureCause>(6);
  job.status.failure_expected = row.integer(7) != 0;
  job.status.worker_kills = row.integer<std::uint16_t>(8);
  job.status.crashes = row.integer<std::uint16_t>(9);
  job.status.ooms = row.integer<std::uint16_t>(10);
  job.status.losses = row.integer<std::uint16_t>(11);
  job.status.priority = row.integer<std::int32_t>(12);
  job.status.attempt = row.integer<std::uint32_t>(13);
  job.status.reported_attempt = row.integer<std::uint32_t>(14);
  job.status.ready_at = row.integer(15);
  job.status.stop = row.integer<core::StopReason>(16);
  job.status.recompute = row.integer(17) != 0;
  job.status.scored = sqlite3_column_type(row.handle(), 18) != SQLITE_NULL;
  job.status.score = static_cast<float>(row.real(18));
  job.status.memory_above_mib = row.integer<std::uint32_t>(19);
  return job;
}

Status load_jobs(const Database& database, core::Snapshot& to) {
  COX_ASSIGN_OR_RETURN(const std::int64_t count,
                       database.query_integer("SELECT coalesce(max(id), 0) FROM jobs"));
  to.jobs.reserve(static_cast<std::size_t>(std::clamp<std::int64_t>(count, 0, kMostReservedJobs)));
  return each_row(
      database,
      "SELECT id, digest, run_id, video_id, submission_id, state, cause, failure_expected, "
      "worker_kills, crashes, ooms, losses, priority, attempt, reported_attempt, ready_us, "
      "stop_reason, recompute, score, memory_above_mib FROM jobs ORDER BY id",
      [&](const Statement& row) {
        COX_ASSIGN_OR_RETURN(const core::JobRecord job, job_of(row));
        to.jobs.push_back(job);
        return Status::ok();
      });
}

Status load_workers(const Database& database, core::Snapshot& to) {
  COX_RETURN_IF_ERROR(each_row(
      database,
      "SELECT id, name, machine, pid, device, device_name, engine_build, joined_us, gpus, "
      "gpu_memory_bytes, memory_bytes FROM workers WHERE left_us IS NULL ORDER BY id",
      [&](const Statement& row) {
        const Resources has{row.integer<std::uint32_t>(8), row.integer(9), row.integer(10)};
        to.workers.push_back({row.integer<core::WorkerNumber>(0), row.text(1), row.text(2),
                              row.integer(3), row.text(4), row.text(5), row.text(6), has,
                              row.integer(7), 0});
        return Status::ok();
      }));
  return each_row(
      database,
      "SELECT lease, worker_id, job_id FROM attempts WHERE outcome = 0 ORDER BY lease, position",
      [&](const Statement& row) {
        const auto lease = row.integer<core::LeaseNumber>(0);
        if (to.leases.empty() || to.leases.back().number != lease) {
          to.leases.push_back({lease, row.integer<core::WorkerNumber>(1), {}});
        }
        to.leases.back().jobs.push_back(row.integer<core::JobNumber>(2));
        return Status::ok();
      });
}

}  // namespace

Result<core::Snapshot> load_snapshot(const Database& database) {
  core::Snapshot snapshot;
  COX_RETURN_IF_ERROR(load_catalogue(database, snapshot));
  COX_RETURN_IF_ERROR(load_submissions(database, snapshot));
  COX_RETURN_IF_ERROR(load_runs(database, snapshot));
  COX_RETURN_IF_ERROR(load_jobs(database, snapshot));
  COX_RETURN_IF_ERROR(load_workers(database, snapshot));
  COX_ASSIGN_OR_RETURN(const std::int64_t worker,
                       database.query_integer("SELECT coalesce(max(id), 0) FROM workers"));
  COX_ASSIGN_OR_RETURN(
      const std::int64_t lease,
      database.query_integer("SELECT value FROM counters WHERE name = 'last_lease'"));
  COX_ASSIGN_OR_RETURN(const std::int64_t sequence,
                       database.query_integer("SELECT coalesce(max(sequence), 0) FROM events"));
  snapshot.last_worker = static_cast<core::WorkerNumber>(worker);
  snapshot.last_lease = static_cast<core::LeaseNumber>(lease);
  snapshot.last_sequence = static_cast<std::uint64_t>(sequence);
  return snapshot;
}

}  // namespace cox::store
