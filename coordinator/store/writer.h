#pragma once

#include <map>
#include <string>
#include <tuple>

#include "base/status.h"
#include "coordinator/core/effect.h"
#include "coordinator/store/insert.h"
#include "coordinator/store/metric_ids.h"
#include "coordinator/store/result_writer.h"
#include "coordinator/store/rows.h"

namespace cox::store {

/// Turns saves into rows. Every INSERT and UPDATE of a save is a row type of rows.h, result_rows.h
/// or totals.h. Runs inside a transaction of the caller's. Owned by one thread.
class Writer {
 public:
  static Result<Writer> prepare(const Database& database);

  Status write(const core::Save& save);
  /// Totals for finish_transaction(), instead of those before of the same jobs.
  void keep(const core::JobTotals& totals);
  /// Writes the rows that change once per transaction; call it before the commit.
  Status finish_transaction();

 private:
  friend struct SaveVisitor;
  Writer() = default;
  Status write_jobs(const core::SaveJobs& save);
  Status write_dataset(const core::SaveDataset& save);
  Status write_run(const core::SaveRun& save);
  Status write_tag(const core::SaveTag& save);
  Status write_note(const core::SaveNote& save);

  Insert<SeriesRow> series_;
  Insert<VideoRow> video_;
  Insert<DatasetRow> dataset_;
  Insert<DatasetVideoRow> dataset_video_;
  Insert<SubmissionRow> submission_;
  Insert<RunRow> run_;
  Insert<RunWeightsRow> run_weights_;
  Insert<MemberRow> member_;
  Insert<JobRow> job_;
  Update<JobStateRow> job_state_;
  Update<UsageRow> usage_;
  Insert<WorkerRow> worker_;
  Insert<AttemptRow> attempt_;
  Update<AttemptEndRow> attempt_end_;
  Insert<TagRow> tag_;
  Statement delete_tag_;
  Insert<NoteRow> note_;
  Statement delete_note_;
  Insert<EventRow> event_;
  Statement last_lease_;
  MetricNumbers metrics_;
  ResultWriter results_;
  Insert<JobTotalsRow> job_totals_;
  std::map<std::tuple<core::RunNumber, core::DatasetNumber, core::SeriesNumber>, core::JobTotals>
      changed_totals_;                 ///< in this transaction
  core::LeaseNumber granted_lease_{};  ///< highest in this transaction, 0 when none was granted
};

}  // namespace cox::store
