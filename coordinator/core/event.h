#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "coordinator/core/ids.h"
#include "coordinator/core/job_digest.h"
#include "coordinator/core/records.h"
#include "coordinator/core/result.h"
#include "coordinator/core/state.h"
#include "record/failure.h"
#include "record/share_keys.h"
#include "record/stop_rule.h"

namespace cox::core {

// The events of the queue. Each comment names the answer that Core::apply gives.

struct SubmittedRun {
  std::string name;         ///< unique in the submission
  std::string labels_json;  ///< "{}" when there are none
  std::string digest;       ///< 64 hexadecimal characters
  std::string method;
  std::string backbone;
  std::string model_digest;
  std::string parameters_json;
  std::string definition;        ///< opaque, handed back with each grant
  std::string lora_digest = "";  ///< of each file, with multipliers; "" without
  std::map<std::string, std::string> metric_weights = {};  ///< by metric, its weights' digest
  std::string origins_json = "";  ///< where its values came from; "" = unknown
  ShareKeys share = {};
  std::size_t videos = 0;  ///< the number of items, from the start of the data set; 0 = all
  std::string dataset_digest = "";  ///< of these, when it does not take all
};

/// Its id is unique in the submission.
struct SubmittedVideo : Video {
  bool failure_expected = false;  ///< its jobs may fail with cause data
};

/// A sweep is submitted. Runs and jobs that exist are not created again; their cancelled jobs are
/// queued again. Answer: SubmissionAnswer or Refusal.
struct Submitted {
  std::string series;
  std::int64_t series_number = 0;
  std::string title;
  std::string labels_json = "{}";
  std::string sweep_text;
  std::string baseline;            ///< a run that the others are compared with; "" = none named
  std::string tables_json = "[]";  ///< of {title, rows, columns}
  std::string report_settings_json = "{}";  ///< {controls, equivalence}
  std::string keep_json = R"({"kind":"all"})";
  std::string dataset;
  std::string dataset_digest;
  std::vector<SubmittedRun> runs;
  std::vector<SubmittedVideo> videos;
  std::vector<JobDigest> jobs;  ///< of each run in turn, on each video that it takes
  std::int32_t priority = 0;
  RetryLimits retry;
  FailurePolicy policy;
  Resources needs;
  /// Longest time of an attempt; 0 = what follows from measured times, below 0 = none.
  DurationUs job_time_limit = 0;
  StopRule stop_rule;
  bool dry_run = false;  ///< only check and answer; change nothing

  std::size_t videos_of(const SubmittedRun& run) const {
    return run.videos == 0 ? videos.size() : run.videos;
  }
  /// The place in `jobs` of the first job of each run, and of the end.
  std::vector<std::size_t> first_jobs() const {
    std::vector<std::size_t> first = {0};
    for (const SubmittedRun& run : runs) first.push_back(first.back() + videos_of(run));
    return first;
  }
};

/// A worker process registers. The leases of an earlier process with that name end at once.
/// Answer: WorkerAnswer.
struct WorkerJoined {
  std::string name;
  std::string machine;
  std::int64_t pid = 0;
  std::string device;
  std::string device_name;
  std::string engine_build;
  Resources has;
};

/// A worker requests jobs. Answer: LeaseGrant, NoWork, or Refusal(kNotFound) when the worker is not
/// known and must register again.
struct LeaseAsked {
  WorkerId worker;
  std::string loaded_model_digest;
  std::uint32_t max_jobs = 1;
};

/// A heartbeat extends the named leases. Nothing is saved. Answer: HeartbeatAnswer, or
/// Refusal(kNotFound).
struct HeartbeatSeen {
  WorkerId worker;
  std::vector<LeaseId> leases;
  std::optional<JobDigest> running;  ///< the job in flight: charged when the worker is lost
};

/// The outcome of one attempt. Answer: ReportAnswer.
struct Reported {
  WorkerId worker;
  LeaseId lease;
  JobDigest job;
  std::uint32_t attempt = 0;
  TimeUs started_at = 0;  ///< on the worker's clock
  TimeUs finished_at = 0;
  std::variant<JobResult, JobFailure> outcome;  ///< a failure has a cause
  std::string log_tail = {};                    ///< of a failure
};

/// A worker leaves normally; the jobs that it holds are queued again immediately. No answer.
struct WorkerLeft {
  WorkerId worker;
  std::string reason;  ///< "" for one that was asked to leave or has nothing left to do
};

/// Time has passed: leases expire, backoffs end. No answer.
struct Tick {};

/// The coordinator could answer nobody for `duration`, because it was busy or its process stood
/// still. Leases last that much longer, and workers may be silent for that much longer. Nothing is
/// saved. No answer.
struct Stalled {
  DurationUs duration = 0;
};

/// Which jobs: every non-empty field must match; at least one must be non-empty.
struct Selection {
  std::string series;
  std::string
      run;  ///< name in the series (in any, when no series is given) or digest prefix (>= 8)
  std::string job;       ///< digest prefix (>= 8)
  bool dry_run = false;  ///< only check and answer; change nothing
};

/// A person cancels jobs. With a series, jobs that its own submissions made, and those that it asks
/// for and whose maker no longer does. Answer: ChangeAnswer or Refusal.
struct CancelAsked {
  Selection select;
};

/// A person queues jobs again, with fresh retry limits. Answer: ChangeAnswer or Refusal.
struct RetryAsked {
  Selection select;
  /// Of failed, cancelled, quarantined, stopped; none = failed, quarantined.
  std::vector<JobState> states;
  std::vector<FailureCause> causes;  ///< none = all
};

/// A person pauses queued jobs, or resumes them. Answer: ChangeAnswer or Refusal.
struct PauseAsked {
  Selection select;
};
struct ResumeAsked {
  Selection select;
};

/// A person changes the priority of jobs that have not ended. Answer: ChangeAnswer or Refusal.
struct PriorityAsked {
  Selection select;
  std::int32_t priority = 0;
};

/// A person changes tags or the note of the selected runs, under every name that they have. The
/// selection has no job. Answer: LabelAnswer or Refusal.
struct LabelAsked {
  Selection select;
  std::vector<std::string> add_tags;
  std::vector<std::string> remove_tags;
  std::optional<std::string> note;  ///< "" deletes it
};

using Event = std::variant<Submitted, WorkerJoined, LeaseAsked, HeartbeatSeen, Reported, WorkerLeft,
                           Tick, Stalled, CancelAsked, RetryAsked, PauseAsked, ResumeAsked,
                           PriorityAsked, LabelAsked>;

}  // namespace cox::core
