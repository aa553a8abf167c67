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

// The core's tables. step.h has the operations that change them. Nothing outside coordinator/core
// includes this file.

namespace cox::core {

constexpr std::int64_t kMib = std::int64_t{1} << 20;

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
  void add(const StateTally& other);
  std::uint64_t of(JobState state) const { return in[static_cast<std::size_t>(state)]; }
  bool operator==(const StateTally&) const = default;
};

/// The jobs of a run on the videos of a data set.
struct Slice {
  DatasetNumber dataset{};
  /// By the series whose submission made the jobs: mostly one.
  std::vector<std::pair<SeriesNumber, StateTally>> tallies = {};

  StateTally& tally_of(SeriesNumber series);
  StateTally tally() const;  ///< of all series
};

/// The slowest attempt with a result on devices of one name.
struct MeasuredTime {
  std::string device_name;
  DurationUs slowest = 0;
  std::uint32_t results = 0;
};

struct Run {
  RunRecord record;
  ModelNumber model{};
  GroupNumber group{};
  std::vector<JobNumber> jobs;
  std::vector<Slice> slices;             ///< one per data set with which a series names the run
  std::vector<MeasuredTime> times = {};  ///< since the start of this process
};

struct Dataset {
  DatasetRecord record;
  std::vector<bool> covers;  ///< by video number

  bool has(VideoNumber video) const {
    const auto index = static_cast<std::size_t>(video);
    return index < covers.size() && covers[index];
  }
};

/// What a series has had of the workers' time, in the order of turns among series of one priority.
/// Counted since the start of this process.
struct Share {
  DurationUs used = 0;      ///< a series that comes later starts where the others are
  DurationUs measured = 0;  ///< of `jobs` attempts
  std::uint64_t jobs = 0;
};

struct Series {
  SeriesRecord record;
  SubmissionNumber newest{};  ///< its limits and policy hold
  std::map<std::pair<std::string, RunNumber>, MemberRecord> members;
  std::map<std::string, RunNumber> current;  ///< by name, without superseded ones
  StateTally owned;                          ///< jobs that its submissions made
  Share share;

  bool has_open_jobs() const {
    return owned.of(JobState::kQueued) + owned.of(JobState::kBlocked) +
               owned.of(JobState::kLeased) >
           0;
  }
};

struct Lease {
  LeaseNumber number{};
  WorkerNumber worker{};
  std::vector<JobNumber> jobs;  ///< open ones, in the order in which they run
  std::vector<JobDigest> cancelled;
  std::optional<JobNumber> running;  ///< as the worker last said
  TimeUs running_since = 0;          ///< the job in flight, as far as the coordinator knows
  std::optional<TimeUs> time_limit;  ///< of the job in flight
  /// A job that was taken for the time that it ran, and that the worker has not left since.
  std::optional<JobDigest> overdue;
  TimeUs deadline = 0;
  bool restored = false;  ///< granted before a restart, and its worker has been silent since
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
  std::vector<Series> all_series;
  std::vector<Dataset> datasets;
  std::vector<VideoRecord> videos;
  std::vector<SubmissionRecord> submissions;
  std::vector<Run> runs;
  std::vector<Job> jobs;
  // Rows that come and go.
  std::map<WorkerNumber, Worker> workers;
  std::map<LeaseNumber, Lease> leases;
  // Indexes.
  std::unordered_map<std::string, SeriesNumber> series_by_name;
  std::unordered_map<std::string, DatasetNumber> dataset_by_digest;
  std::unordered_map<std::string, VideoNumber> video_by_identity;
  std::unordered_map<std::string, RunNumber> run_by_digest;
  std::unordered_map<JobDigest, JobNumber> job_by_digest;
  std::unordered_map<std::string, WorkerNumber> worker_by_id;
  std::unordered_map<std::string, WorkerNumber> worker_by_name;
  std::unordered_map<std::string, ModelNumber> model_by_digest;
  std::unordered_map<std::string, GroupNumber> group_by_key;  ///< without ""
  // Jobs, leases and workers by what they wait for.
  ReadyQueue ready;
  std::set<std::pair<TimeUs, JobNumber>> blocked;  ///< by end of backoff
  std::set<std::pair<TimeUs, LeaseNumber>> lease_deadlines;
  std::set<std::pair<TimeUs, LeaseNumber>> time_limits;
  std::set<std::pair<TimeUs, WorkerNumber>> workers_seen;  ///< by last sign of life
  StateTally total;
  Share all_shares;  ///< the sums over all series
  WorkerNumber last_worker{};
  LeaseNumber last_lease{};
  std::uint64_t last_sequence = 0;

  Series& series(SeriesNumber n) { return row(all_series, n); }
  Dataset& dataset(DatasetNumber n) { return row(datasets, n); }
  VideoRecord& video(VideoNumber n) { return row(videos, n); }
  SubmissionRecord& submission(SubmissionNumber n) { return row(submissions, n); }
  Run& run(RunNumber n) { return row(runs, n); }
  Job& job(JobNumber n) { return row(jobs, n); }

  /// The series whose submission made the job.
  SeriesNumber series_number(const Job& job) { return submission(job.submission).series; }
  Series& series_of(const Job& job) { return series(series_number(job)); }
  /// The submission whose limits and policy hold for the job.
  const SubmissionRecord& governing(const Job& job) { return submission(series_of(job).newest); }
  /// The needs of the job: the sweep's `resources`, and those that failed attempts have shown.
  Resources needs_of(const Job& job);
  ReadyQueue::Entry entry_of(JobNumber number);

  /// Appends a row to a table and returns its number.
  template <typename Number, typename Row>
  static Number append(std::vector<Row>& rows, Row row) {
    rows.push_back(std::move(row));
    return static_cast<Number>(rows.size());
  }

 private:
  template <typename Row, typename Number>
  static Row& row(std::vector<Row>& rows, Number number) {
    return rows[static_cast<std::size_t>(number) - 1];
  }
};

/// The identity of a video: its id, content and caption.
std::string identity_of(const Video& video);
LeaseId id_of(LeaseNumber lease);
WorkerId id_of(const WorkerRecord& worker);

/// Adds a new or loaded job to the tallies and to the set of jobs that wait as it does.
void add_to_indexes(QueueState& state, JobNumber number);
/// Undoes add_to_indexes().
void remove_from_indexes(QueueState& state, JobNumber number);
/// Creates the run's tally of its jobs on the data set when there is none.
void ensure_slice(QueueState& state, RunNumber run, DatasetNumber dataset);
/// The run's tally on the data set, or nullptr.
Slice* find_slice(Run& run, DatasetNumber dataset);
/// The model's number; a digest seen for the first time gets the next one.
ModelNumber model_number(QueueState& state, const std::string& digest);
/// The number of the group of runs with this share key; 0 for "".
GroupNumber group_number(QueueState& state, const std::string& share_key);
JobNames names_of(QueueState& state, const Job& job);

}  // namespace cox::core
