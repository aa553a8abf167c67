#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "coordinator/core/core.h"
#include "coordinator/core/effect.h"
#include "coordinator/core/ready_queue.h"
#include "coordinator/core/records.h"

// The inside of the core: its tables, and the few operations through which every event changes
// them. Nothing outside coordinator/core includes this file.

namespace cox::core {

/// A job in memory: about 100 bytes, and a million of them.
struct Job {
  JobDigest digest;
  RunNumber run{};
  VideoNumber video{};
  SubmissionNumber submission{};
  JobStatus status;
  LeaseNumber lease{};  ///< 0 unless leased
};

/// How many jobs of a set are in each state.
struct StateTally {
  std::array<std::uint64_t, kJobStateCount> in{};
  std::uint64_t failed_as_expected = 0;  ///< part of in[failed]
  std::uint64_t stopping = 0;            ///< failures that count for the policy

  void add(const JobStatus& status);
  void remove(const JobStatus& status);
  std::uint64_t of(JobState state) const { return in[static_cast<std::size_t>(state)]; }
  bool operator==(const StateTally&) const = default;
};

/// The jobs of a run on the videos of a data set.
struct Slice {
  DatasetNumber dataset{};
  StateTally tally;
};

struct Run {
  RunRecord record;
  ModelNumber model{};
  GroupNumber group{};
  std::vector<JobNumber> jobs;
  std::vector<Slice> slices;  ///< one per data set with which a series names the run
};

struct Dataset {
  DatasetRecord record;
  std::vector<bool> covers;  ///< by video number

  bool has(VideoNumber video) const {
    const auto index = static_cast<std::size_t>(video);
    return index < covers.size() && covers[index];
  }
};

struct Series {
  SeriesRecord record;
  SubmissionNumber newest{};  ///< its limits and policy hold
  std::map<std::pair<std::string, RunNumber>, MemberRecord> members;
  std::map<std::string, RunNumber> current;  ///< by name, without superseded ones
  StateTally owned;                          ///< jobs that its submissions made
};

struct Lease {
  LeaseNumber number{};
  WorkerNumber worker{};
  std::vector<JobNumber> jobs;  ///< open ones, in the order in which they run
  std::vector<JobDigest> cancelled;
  std::optional<JobNumber> running;  ///< as the worker last said
  TimeUs deadline = 0;
  bool restored = false;  ///< out since before a restart, and not heard of since
};

struct Worker {
  WorkerRecord record;
  std::set<LeaseNumber> leases;
  TimeUs last_seen = 0;
};

struct QueueState {
  explicit QueueState(CoreConfig core_config) : config(core_config) {}

  CoreConfig config;
  // Rows by number - 1.
  std::vector<Series> series;
  std::vector<Dataset> datasets;
  std::vector<VideoRecord> videos;
  std::vector<SubmissionRecord> submissions;
  std::vector<Run> runs;
  std::vector<Job> jobs;
  // Rows that come and go.
  std::map<WorkerNumber, Worker> workers;
  std::map<LeaseNumber, Lease> leases;
  // Ways to find them.
  std::unordered_map<std::string, SeriesNumber> series_by_name;
  std::unordered_map<std::string, DatasetNumber> dataset_by_digest;
  std::unordered_map<std::string, VideoNumber> video_by_identity;
  std::unordered_map<std::string, RunNumber> run_by_digest;
  std::unordered_map<JobDigest, JobNumber> job_by_digest;
  std::unordered_map<std::string, WorkerNumber> worker_by_id;
  std::unordered_map<std::string, WorkerNumber> worker_by_name;
  std::unordered_map<std::string, ModelNumber> model_by_digest;
  std::unordered_map<std::string, GroupNumber> group_by_key;  ///< without ""
  // What waits for what.
  ReadyQueue ready;
  std::set<std::pair<TimeUs, JobNumber>> blocked;  ///< by end of backoff
  std::set<std::pair<TimeUs, LeaseNumber>> lease_deadlines;
  std::set<std::pair<TimeUs, WorkerNumber>> workers_seen;  ///< by last sign of life
  StateTally total;
  WorkerNumber last_worker{};
  LeaseNumber last_lease{};
  std::uint64_t last_sequence = 0;

  template <typename Row, typename Number>
  static Row& row(std::vector<Row>& rows, Number number) {
    return rows[static_cast<std::size_t>(number) - 1];
  }
  Series& at(SeriesNumber n) { return row(series, n); }
  Dataset& at(DatasetNumber n) { return row(datasets, n); }
  VideoRecord& at(VideoNumber n) { return row(videos, n); }
  SubmissionRecord& at(SubmissionNumber n) { return row(submissions, n); }
  Run& at(RunNumber n) { return row(runs, n); }
  Job& at(JobNumber n) { return row(jobs, n); }

  Series& series_of(const Job& job) { return at(at(job.submission).series); }
  const SubmissionRecord& governing(const Job& job) { return at(series_of(job).newest); }
  ReadyQueue::Place place_of(JobNumber number);

  /// Makes `number` the place of `row` appended to a table.
  template <typename Number, typename Row>
  static Number append(std::vector<Row>& rows, Row row) {
    rows.push_back(std::move(row));
    return static_cast<Number>(rows.size());
  }
};

/// One event being applied: where its effects gather.
struct Step {
  QueueState& state;
  TimeUs now = 0;
  Effects effects;

  void save(Save save) { effects.saves.push_back(std::move(save)); }
  void answer(Answer answer) { effects.answers.push_back(std::move(answer)); }
  void refuse(Status status) { answer(Refusal{std::move(status)}); }
};

// ---- queue_state.cpp: the operations that keep the tables consistent ----

std::string identity_of(const Video& video);
LeaseId id_of(LeaseNumber lease);
WorkerId id_of(const WorkerRecord& worker);

/// Brings a job that is new, or loaded, into tallies and waiting sets.
void enlist(QueueState& state, JobNumber number);
/// The opposite; `enlist` or the end of the job must follow.
void delist(QueueState& state, JobNumber number);
/// Gives a job its next status: checks the transition, moves the job between the sets, saves it.
void change(Step& step, JobNumber number, const JobStatus& next);
/// Ends a job's open attempt without word from its worker; `why` is for a person.
void end_attempt(Step& step, JobNumber number, AttemptOutcome outcome, std::string why,
                 FailureCause cause = FailureCause::kNone);
/// Makes sure that the run counts its jobs on the data set.
void ensure_slice(QueueState& state, RunNumber run, DatasetNumber dataset);
Slice* find_slice(Run& run, DatasetNumber dataset);
ModelNumber model_number(QueueState& state, const std::string& digest);
/// 0 for "".
GroupNumber group_number(QueueState& state, const std::string& share_key);

/// Adds a line about one job to the journal.
void journal_job(Step& step, std::string kind, JobNumber job, WorkerNumber worker,
                 std::string message);
/// Adds a line about a series (or, with number 0, about none) to the journal.
void journal(Step& step, std::string kind, SeriesNumber series, WorkerNumber worker,
             std::string message);
JobNames names_of(QueueState& state, const Job& job);

// ---- change.cpp ----

/// Ends a job that is not over; the worker that holds it learns of it. False when it is over.
bool cancel_job(Step& step, JobNumber number, const std::string& why);

// ---- retire.cpp: a series is what its newest submission says ----

/// Takes a current name from the run that holds it in the series. `why` follows "run 'name'".
void retire(Step& step, SeriesNumber series, const std::string& name, const std::string& why);
/// Cancels the jobs of runs that ever were in the series and that no current run of any series
/// covers. Returns how many.
std::uint64_t cancel_unwanted(Step& step, SeriesNumber series);

// ---- lease.cpp ----

/// Removes a job from the lease that holds it, and the lease when it was the last.
void release(QueueState& state, JobNumber number);
/// Notes a sign of life of a worker.
void see_worker(Step& step, Worker& worker);
void set_deadline(QueueState& state, Lease& lease, TimeUs deadline);
void add_lease(QueueState& state, Lease lease);
void add_worker(QueueState& state, Worker worker);

// ---- report.cpp ----

/// Queues a job again that failed in a way that may be tried again, or ends it. `status` carries
/// the raised counter and the cause.
void retry_or_fail(Step& step, JobNumber number, JobStatus status, std::uint32_t tries,
                   std::uint32_t limit);
/// Cancels what is queued of a series whose failure policy is exceeded.
void enforce_policy(Step& step, SeriesNumber series);

// ---- one reducer per event ----

void on_submitted(Step& step, Submitted event);
void on_worker_joined(Step& step, WorkerJoined event);
void on_lease_asked(Step& step, const LeaseAsked& event);
void on_heartbeat(Step& step, const HeartbeatSeen& event);
void on_reported(Step& step, Reported event);
void on_worker_left(Step& step, const WorkerLeft& event);
void on_tick(Step& step);
void on_cancel(Step& step, const CancelAsked& event);
void on_retry(Step& step, const RetryAsked& event);
void on_pause(Step& step, const PauseAsked& event);
void on_resume(Step& step, const ResumeAsked& event);

}  // namespace cox::core
