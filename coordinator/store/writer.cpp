#include "coordinator/store/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace cox::store {

namespace {

constexpr const char* kLastLease = "UPDATE counters SET value = ? WHERE name = 'last_lease'";

constexpr const char* kDeleteTag = "DELETE FROM run_tags WHERE run_id = ? AND tag = ?";
constexpr const char* kDeleteNote = "DELETE FROM run_notes WHERE run_id = ?";

}  // namespace

Result<Writer> Writer::prepare(const Database& database) {
  Writer w;
  COX_RETURN_IF_ERROR(prepare_all(
      database, w.series_, w.video_, w.dataset_, w.dataset_video_, w.submission_, w.run_,
      w.run_weights_, w.member_, w.job_, w.job_state_, w.usage_, w.worker_, w.attempt_,
      w.attempt_end_, w.tag_, w.note_, w.event_, w.metrics_, w.results_, w.job_totals_));
  COX_ASSIGN_OR_RETURN(w.delete_tag_, Statement::prepare(database.handle(), kDeleteTag));
  COX_ASSIGN_OR_RETURN(w.delete_note_, Statement::prepare(database.handle(), kDeleteNote));
  COX_ASSIGN_OR_RETURN(w.last_lease_, Statement::prepare(database.handle(), kLastLease));
  return w;
}

Status Writer::write_dataset(const core::SaveDataset& save) {
  const core::DatasetRecord& dataset = save.dataset;
  COX_RETURN_IF_ERROR(dataset_.run(dataset));
  for (std::size_t position = 0; position < dataset.videos.size(); ++position) {
    COX_RETURN_IF_ERROR(dataset_video_.run({dataset.number, position, dataset.videos[position]}));
  }
  return Status::ok();
}

Status Writer::write_run(const core::SaveRun& save) {
  COX_RETURN_IF_ERROR(run_.run(save));
  for (const auto& [metric, digest] : save.run.metric_weights) {
    COX_ASSIGN_OR_RETURN(const std::int64_t id, metrics_.id_of(metric));
    COX_RETURN_IF_ERROR(run_weights_.run({save.run.number, id, digest}));
  }
  return Status::ok();
}

Status Writer::write_tag(const core::SaveTag& save) {
  return save.present ? tag_.run(save) : delete_tag_.run(save.run, save.tag);
}

Status Writer::write_note(const core::SaveNote& save) {
  return save.note.empty() ? delete_note_.run(save.run) : note_.run(save);
}

Status Writer::write_jobs(const core::SaveJobs& save) {
  for (const core::JobRecord& job : save.jobs) COX_RETURN_IF_ERROR(job_.run(job));
  return Status::ok();
}

/// One save of each kind to its rows.
struct SaveVisitor {
  Writer& to;

  Status operator()(const core::SaveSeries& save) { return to.series_.run(save.series); }
  Status operator()(const core::SaveVideo& save) { return to.video_.run(save.video); }
  Status operator()(const core::SaveDataset& save) { return to.write_dataset(save); }
  Status operator()(const core::SaveSubmission& save) {
    return to.submission_.run(save.submission);
  }
  Status operator()(const core::SaveRun& save) { return to.write_run(save); }
  Status operator()(const core::SaveMember& save) { return to.member_.run(save.member); }
  Status operator()(const core::SaveJobs& save) { return to.write_jobs(save); }
  Status operator()(const core::SaveJobState& save) { return to.job_state_.run(save); }
  Status operator()(const core::SaveUsage& save) { return to.usage_.run(save); }
  Status operator()(const core::SaveWorker& save) { return to.worker_.run(save.worker); }
  Status operator()(const core::SaveAttempt& save) {
    to.granted_lease_ = std::max(to.granted_lease_, save.lease);
    return to.attempt_.run(save);
  }
  Status operator()(const core::SaveAttemptEnd& save) { return to.attempt_end_.run(save); }
  Status operator()(const core::SaveResult& save) { return to.results_.write(save, to.metrics_); }
  Status operator()(const core::SaveTotals& save) { return to.results_.count(save); }
  Status operator()(const core::SaveTag& save) { return to.write_tag(save); }
  Status operator()(const core::SaveNote& save) { return to.write_note(save); }
  Status operator()(const core::JournalEntry& entry) { return to.event_.run(entry); }
};

Status Writer::write(const core::Save& save) { return std::visit(SaveVisitor{*this}, save); }

void Writer::keep(const core::JobTotals& totals) {
  changed_totals_[{totals.run, totals.dataset, totals.series}] = totals;
}

Status Writer::finish_transaction() {
  COX_RETURN_IF_ERROR(results_.finish_transaction());
  for (const auto& [key, totals] : changed_totals_) COX_RETURN_IF_ERROR(job_totals_.run(totals));
  changed_totals_.clear();
  if (granted_lease_ == core::LeaseNumber{}) return Status::ok();
  COX_RETURN_IF_ERROR(last_lease_.run(granted_lease_));
  granted_lease_ = {};
  return Status::ok();
}

}  // namespace cox::store
