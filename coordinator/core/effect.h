#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "coordinator/core/ids.h"
#include "coordinator/core/job_digest.h"
#include "coordinator/core/records.h"
#include "coordinator/core/result.h"
#include "coordinator/core/state.h"
#include "record/failure.h"
#include "record/submission.h"

namespace cox::core {

// ---- Saves: what must be written to disk. Each is one row, or a list of rows of one table. ----

struct SaveSeries {
  SeriesRecord series;  ///< new, or its labels changed
};
struct SaveVideo {
  VideoRecord video;  ///< new, or its path changed
};
struct SaveDataset {
  DatasetRecord dataset;
};
struct SaveSubmission {
  SubmissionRecord submission;
};
struct SaveRun {
  RunRecord run;    ///< new, or its definition changed
  TimeUs time = 0;  ///< of a new one
};
struct SaveMember {
  MemberRecord member;  ///< new, or changed
};
struct SaveJobs {
  std::vector<JobRecord> jobs;  ///< new ones
};
struct SaveJobState {
  JobNumber job{};
  JobStatus status;
};
/// A series used more of the workers' time.
struct SaveUsage {
  SeriesNumber series{};
  DurationUs gpu_time = 0;  ///< in all
};
struct SaveWorker {
  WorkerRecord worker;  ///< new, or it left
};

/// An attempt begins: a job was granted.
struct SaveAttempt {
  JobNumber job{};
  std::uint32_t attempt = 0;
  WorkerNumber worker{};
  LeaseNumber lease{};
  std::uint32_t position = 0;  ///< of the job in its bundle
  TimeUs granted_at = 0;
};

/// An attempt ended.
struct SaveAttemptEnd {
  JobNumber job{};
  std::uint32_t attempt = 0;
  AttemptOutcome outcome = AttemptOutcome::kOpen;
  TimeUs ended_at = 0;
  TimeUs worker_started_at = 0;  ///< on the worker's clock; 0 when it did not report
  TimeUs worker_finished_at = 0;
  FailureCause cause = FailureCause::kNone;
  std::string detail;
  std::string message;
  std::string log_tail;
};

/// The one result of a job.
struct SaveResult {
  JobNumber job{};
  std::uint32_t attempt = 0;
  WorkerNumber worker{};
  TimeUs time = 0;
  RunNumber run{};
  std::vector<DatasetNumber> datasets;  ///< whose totals of the run it joins
  JobResult result;
};

/// A run gets a data set on whose videos it already has results: its totals there must be computed.
struct SaveTotals {
  RunNumber run{};
  DatasetNumber dataset{};
};

/// A tag of a run, given or taken. The core keeps none: tags change nothing in the queue.
struct SaveTag {
  RunNumber run{};
  std::string tag;
  bool present = true;  ///< false: the run loses the tag
  TimeUs time = 0;
};

/// The note of a run; "" deletes it.
struct SaveNote {
  RunNumber run{};
  std::string note;
  TimeUs time = 0;
};

/// One line of the journal, for people. Numbers and names refer to the same rows; unset ones are 0
/// and "".
struct JournalEntry {
  std::uint64_t sequence = 0;  ///< without gaps, from 1
  TimeUs time = 0;
  /// done, failed, retry, lost, returned, quarantined, cancelled, paused, resumed, requeued,
  /// priority, submitted, superseded, stopped, labelled, worker_joined or worker_left
  std::string kind;
  SeriesNumber series_number{};
  RunNumber run_number{};
  VideoNumber video_number{};
  JobNumber job_number{};
  WorkerNumber worker_number{};
  std::uint32_t attempt = 0;
  std::string series;
  std::string run;  ///< its name in the series
  std::string video;
  std::string message;
};

using Save = std::variant<SaveSeries, SaveVideo, SaveDataset, SaveSubmission, SaveRun, SaveMember,
                          SaveJobs, SaveJobState, SaveUsage, SaveWorker, SaveAttempt,
                          SaveAttemptEnd, SaveResult, SaveTotals, SaveTag, SaveNote, JournalEntry>;

/// How many of a run's jobs on the videos of a data set are in each state, of those that one series
/// submitted.
struct JobTotals {
  RunNumber run{};
  DatasetNumber dataset{};
  SeriesNumber series{};  ///< whose submission made the jobs
  std::array<std::uint64_t, kJobStateCount> in{};
  std::uint64_t failed_as_expected = 0;  ///< part of in[failed]
};

// ---- Answers: what may be sent once the saves are on disk. ----

struct WorkerAnswer {
  WorkerId worker;
};

struct GrantedJob {
  JobNumber number{};
  JobDigest digest;
  std::uint32_t attempt = 0;
  std::string run_digest;
  std::string method;
  std::string parameters_json;  ///< canonical, as submitted
  std::string definition;       ///< of its run, as submitted
  ShareKeys share;              ///< of its run
  bool recompute = false;       ///< save memory: an earlier attempt ran out of it
};

struct LeaseGrant {
  LeaseId lease;
  TimeUs deadline = 0;
  VideoRecord video;
  std::vector<GrantedJob> jobs;  ///< in the order in which to run them
};

struct NoWork {
  bool anything_open = false;  ///< jobs are queued, blocked or leased: ask again later
};

struct HeartbeatAnswer {
  std::vector<LeaseId> dropped;      ///< named, but not held by this worker
  std::vector<JobDigest> cancelled;  ///< stop these jobs of the leases that are held
};

struct ReportAnswer {
  bool accepted = false;
  std::string reason;       ///< why not; "" when accepted
  bool is_job_here = true;  ///< false: the report belongs to another database
};

struct ChangeAnswer {
  std::uint64_t changed = 0;
  std::uint64_t untouched = 0;  ///< selected, but not in a state that the call changes
};

struct LabelAnswer {
  std::uint64_t runs = 0;  ///< that were selected
};

/// The event was not applied: nothing changed.
struct Refusal {
  Status status;
};

using Answer = std::variant<SubmissionAnswer, WorkerAnswer, LeaseGrant, NoWork, HeartbeatAnswer,
                            ReportAnswer, ChangeAnswer, LabelAnswer, Refusal>;

/// The consequences of an event.
///
/// `saves` and `totals` must be committed, in order and in one transaction, BEFORE any answer
/// leaves the process and before anybody else sees the new state. Effects of several events may
/// share a transaction when their order is kept. When the commit fails the core is ahead of the
/// disk: no answer may leave the process, and the core must be discarded (see store/store.h).
struct Effects {
  std::vector<Save> saves;
  std::vector<Answer> answers;  ///< one for an event that has an answer, else none
  /// Saved with the rest: the totals that the event changed, as they are after it.
  std::vector<JobTotals> totals = {};

  /// The answer of type T, or nullptr.
  template <typename T>
  const T* answer() const {
    return answers.empty() ? nullptr : std::get_if<T>(&answers.front());
  }
};

}  // namespace cox::core
