#include "coordinator/store/writer.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "base/text.h"

namespace cox::store {

namespace {

// A run's digest holds the versions of the program that submitted it, which this one checked
// against its own.
#define COX_VERSION(name, value) constexpr int version_of_##name = value;
#include "schemas/versions.def"
#undef COX_VERSION

std::optional<std::string_view> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string_view>(text);
}

template <typename Number>
std::optional<std::int64_t> unless_zero(Number number) {
  const auto value = static_cast<std::int64_t>(number);
  return value == 0 ? std::nullopt : std::optional(value);
}

Blob blob_of(const core::JobDigest& digest) {
  return {{reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()}};
}

}  // namespace

Result<Writer> Writer::prepare(const Database& database) {
  Writer writer;
  const std::pair<Statement*, const char*> statements[] = {
      {&writer.series_,
       "INSERT INTO series VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
       "number = excluded.number, title = excluded.title, labels = excluded.labels"},
      {&writer.video_,
       "INSERT INTO videos VALUES (?, ?, ?, ?, ?) "
       "ON CONFLICT (id) DO UPDATE SET path = excluded.path"},
      {&writer.dataset_, "INSERT INTO datasets VALUES (?, ?, ?, ?)"},
      {&writer.dataset_video_, "INSERT INTO dataset_videos VALUES (?, ?, ?)"},
      {&writer.submission_,
       "INSERT INTO submissions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
      {&writer.run_,
       "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
       "ON CONFLICT (id) DO UPDATE SET definition = excluded.definition"},
      {&writer.member_,
       "INSERT INTO series_runs VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
       "ON CONFLICT (series_id, name, run_id) DO UPDATE SET dataset_id = excluded.dataset_id, "
       "labels = excluded.labels, position = excluded.position, superseded = excluded.superseded, "
       "origins = excluded.origins"},
      {&writer.job_, "INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
      {&writer.job_state_,
       "UPDATE jobs SET state = ?2, cause = ?3, failure_expected = ?4, worker_kills = ?5, "
       "crashes = ?6, ooms = ?7, losses = ?8, priority = ?9, attempt = ?10, "
       "reported_attempt = ?11, ready_us = ?12 WHERE id = ?1"},
      {&writer.worker_,
       "INSERT INTO workers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
       "ON CONFLICT (id) DO UPDATE SET left_us = excluded.left_us"},
      {&writer.attempt_,
       "INSERT INTO attempts (job_id, attempt, worker_id, lease, position, granted_us, outcome, "
       "cause) VALUES (?, ?, ?, ?, ?, ?, 0, 0)"},
      {&writer.attempt_end_,
       "UPDATE attempts SET outcome = ?3, ended_us = ?4, worker_started_us = ?5, "
       "worker_finished_us = ?6, cause = ?7, detail = ?8, message = ?9, log_tail = ?10 "
       "WHERE job_id = ?1 AND attempt = ?2"},
      {&writer.event_, "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
      {&writer.environment_,
       "INSERT OR IGNORE INTO environments (machine, device, device_name, driver, dtype, "
       "engine_build, torch_version, model_digest, threads, kernels) "
       "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
      {&writer.find_environment_,
       "SELECT id FROM environments WHERE machine = ? AND device = ? AND device_name = ? AND "
       "driver = ? AND dtype = ? AND engine_build = ? AND torch_version = ? AND model_digest = ? "
       "AND threads = ? AND kernels = ?"},
      {&writer.result_,
       "INSERT INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
       "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
      {&writer.result_details_, "INSERT INTO result_details VALUES (?, ?, ?, ?)"},
      {&writer.last_lease_, "UPDATE counters SET value = ? WHERE name = 'last_lease'"},
  };
  for (const auto& [statement, sql] : statements) {
    COX_ASSIGN_OR_RETURN(*statement, Statement::prepare(database.handle(), sql));
  }
  COX_ASSIGN_OR_RETURN(writer.totals_, Totals::prepare(database));
  return writer;
}

Status Writer::write_dataset(const core::SaveDataset& save) {
  const core::DatasetRecord& dataset = save.dataset;
  COX_RETURN_IF_ERROR(
      dataset_.run(dataset.number, dataset.name, dataset.digest, dataset.videos.size()));
  for (std::size_t position = 0; position < dataset.videos.size(); ++position) {
    COX_RETURN_IF_ERROR(dataset_video_.run(dataset.number, position, dataset.videos[position]));
  }
  return Status::ok();
}

Status Writer::write_jobs(const core::SaveJobs& save) {
  for (const core::JobRecord& job : save.jobs) {
    const core::JobStatus& status = job.status;
    COX_RETURN_IF_ERROR(job_.run(
        job.number, blob_of(job.digest), job.run, job.video, job.submission, status.state,
        status.cause, status.failure_expected, status.worker_kills, status.crashes, status.ooms,
        status.losses, status.priority, status.attempt, status.reported_attempt, status.ready_at));
  }
  return Status::ok();
}

/// One save of each kind to its statement.
struct SaveVisitor {
  Writer& to;

  Status operator()(const core::SaveSeries& save) {
    const core::SeriesRecord& s = save.series;
    return to.series_.run(s.number, s.name, s.label_number, s.title, s.labels_json);
  }
  Status operator()(const core::SaveVideo& save) {
    const core::VideoRecord& v = save.video;
    return to.video_.run(v.number, v.id, v.path, v.digest, v.caption);
  }
  Status operator()(const core::SaveDataset& save) { return to.write_dataset(save); }
  Status operator()(const core::SaveSubmission& save) {
    const core::SubmissionRecord& s = save.submission;
    return to.submission_.run(s.number, s.series, s.dataset, s.time, s.priority, s.retry.crash,
                              s.retry.oom, s.retry.lost, s.retry.backoff_base_us,
                              s.retry.backoff_max_us, s.policy.fail_fast, s.policy.max_failed_jobs,
                              s.sweep_text, s.baseline, s.tables_json, s.needs.gpus,
                              s.needs.gpu_memory_bytes, s.needs.memory_bytes);
  }
  Status operator()(const core::SaveRun& save) {
    const core::RunRecord& r = save.run;
    return to.run_.run(r.number, r.digest, r.method, r.backbone, r.model_digest, r.parameters_json,
                       Blob{r.definition}, r.owner, r.owner_name, save.time,
                       version_of_engine_semantics, version_of_metric_definitions, r.lora_digest,
                       r.lpips_weights_digest);
  }
  Status operator()(const core::SaveMember& save) {
    const core::MemberRecord& m = save.member;
    return to.member_.run(m.series, m.name, m.run, m.dataset, m.labels_json, m.position,
                          m.superseded, unless_empty(m.origins_json));
  }
  Status operator()(const core::SaveJobs& save) { return to.write_jobs(save); }
  Status operator()(const core::SaveJobState& save) {
    const core::JobStatus& s = save.status;
    return to.job_state_.run(save.job, s.state, s.cause, s.failure_expected, s.worker_kills,
                             s.crashes, s.ooms, s.losses, s.priority, s.attempt, s.reported_attempt,
                             s.ready_at);
  }
  Status operator()(const core::SaveWorker& save) {
    const core::WorkerRecord& w = save.worker;
    return to.worker_.run(w.number, w.name, w.machine, w.pid, w.device, w.device_name,
                          w.engine_build, w.joined_at, unless_zero(w.left_at), w.has.gpus,
                          w.has.gpu_memory_bytes, w.has.memory_bytes);
  }
  Status operator()(const core::SaveAttempt& save) {
    to.granted_lease_ = std::max(to.granted_lease_, save.lease);
    return to.attempt_.run(save.job, save.attempt, save.worker, save.lease, save.position,
                           save.granted_at);
  }
  Status operator()(const core::SaveAttemptEnd& save) {
    return to.attempt_end_.run(
        save.job, save.attempt, save.outcome, save.ended_at, unless_zero(save.worker_started_at),
        unless_zero(save.worker_finished_at), save.cause, unless_empty(save.detail),
        unless_empty(save.message), unless_empty(save.log_tail));
  }
  Status operator()(const core::SaveResult& save) { return to.write_result(save); }
  Status operator()(const core::SaveTotals& save) { return to.totals_.count(save); }
  Status operator()(const core::JournalEntry& e) {
    return to.event_.run(e.sequence, e.time, e.kind, unless_zero(e.series_number),
                         unless_zero(e.run_number), unless_zero(e.video_number),
                         unless_zero(e.job_number), unless_zero(e.worker_number),
                         unless_zero(e.attempt), unless_empty(e.message));
  }
};

Status Writer::write(const core::Save& save) { return std::visit(SaveVisitor{*this}, save); }

Status Writer::finish_transaction() {
  COX_RETURN_IF_ERROR(totals_.write());
  if (granted_lease_ == core::LeaseNumber{}) return Status::ok();
  COX_RETURN_IF_ERROR(last_lease_.run(granted_lease_));
  granted_lease_ = {};
  return Status::ok();
}

}  // namespace cox::store
