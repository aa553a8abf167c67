#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "coordinator/core/job_digest.h"
#include "coordinator/core/state.h"
#include "record/failure.h"
#include "record/limits.h"
#include "record/share_keys.h"
#include "record/stop_rule.h"
#include "record/video.h"

namespace cox::core {

/// Row numbers, given by the core from 1 and used by the database as they are. 0 is nothing.
enum class SeriesNumber : std::uint32_t {};
enum class SubmissionNumber : std::uint32_t {};
enum class DatasetNumber : std::uint32_t {};
enum class VideoNumber : std::uint32_t {};
enum class RunNumber : std::uint32_t {};
enum class JobNumber : std::uint32_t {};
enum class WorkerNumber : std::uint32_t {};
enum class LeaseNumber : std::uint64_t {};

/// An item of a data set. Its path and dimensions are labels; those of the newest submission hold.
struct VideoRecord : Video {
  VideoNumber number{};
  bool operator==(const VideoRecord&) const = default;
};

/// The videos of a submission, in order. Its identity is `digest`.
struct DatasetRecord {
  DatasetNumber number{};
  std::string name;
  std::string digest;
  std::vector<VideoNumber> videos;
  bool operator==(const DatasetRecord&) const = default;
};

struct SeriesRecord {
  SeriesNumber number{};
  std::string name;
  std::int64_t label_number = 0;  ///< the number that people gave it
  std::string title;
  std::string labels_json;
  DurationUs gpu_time = 0;  ///< that finished and failed attempts of its jobs took
  bool operator==(const SeriesRecord&) const = default;
};

/// One call of Submit, frozen. The newest of a series governs all its jobs.
struct SubmissionRecord {
  SubmissionNumber number{};
  SeriesNumber series{};
  DatasetNumber dataset{};
  TimeUs time = 0;
  std::int32_t priority = 0;
  RetryLimits retry;
  FailurePolicy policy;
  Resources needs;
  DurationUs job_time_limit = 0;  ///< see Submitted
  StopRule stop_rule;
  // Only for reports; not loaded again: empty in a snapshot.
  std::string sweep_text;
  std::string baseline;
  std::string tables_json;
  std::string report_settings_json;
  std::string keep_json;  ///< which generated videos to keep
  bool operator==(const SubmissionRecord&) const = default;
};

/// A configuration. Its identity is `digest`; the first series that submitted it owns it.
struct RunRecord {
  RunNumber number{};
  std::string digest;
  std::string method;
  std::string backbone;
  std::string model_digest;
  std::string parameters_json;  ///< canonical: keys sorted, values as typed
  std::string definition;       ///< opaque: what a worker is sent
  SeriesNumber owner{};
  std::string owner_name;  ///< its name in the owning series
  std::string lora_digest;
  std::map<std::string, std::string> metric_weights;  ///< by metric, its weights' digest
  ShareKeys share;  ///< follows from the rest, and is not stored: whoever loads a run sets it
  bool operator==(const RunRecord&) const = default;
};

/// A run's membership in a series: a name, and the videos that it covers there.
struct MemberRecord {
  SeriesNumber series{};
  std::string name;
  RunNumber run{};
  DatasetNumber dataset{};
  std::string labels_json;
  std::uint32_t position = 0;  ///< in the sweep, from 0
  bool superseded = false;     ///< a later submission left it out, or gave its name to another run
  std::string origins_json;    ///< from its newest submission; "" = unknown
  bool operator==(const MemberRecord&) const = default;
};

/// The changing part of a job.
struct JobStatus {
  JobState state = JobState::kQueued;
  FailureCause cause = FailureCause::kNone;
  StopReason stop = StopReason::kNone;
  bool failure_expected : 1 = false;  ///< the sweep expects a failure of cause data
  bool recompute : 1 = false;         ///< an attempt ran out of memory: save it in the next
  bool scored : 1 = false;            ///< has a score
  std::uint16_t worker_kills = 0;     ///< workers that died with this job in flight
  std::uint16_t crashes = 0;          ///< attempts that ended so, since the last RetryAsked
  std::uint16_t ooms = 0;
  std::uint16_t losses = 0;
  float score = 0;                     ///< of a done job, in the metric of its series' stop rule
  std::uint32_t memory_above_mib = 0;  ///< a GPU of so much memory was too small
  std::int32_t priority = 0;           ///< higher goes first
  std::uint32_t attempt = 0;           ///< number of the latest; 0 = never tried
  std::uint32_t reported_attempt = 0;  ///< the latest whose report was accepted
  TimeUs ready_at = 0;                 ///< end of the backoff while blocked
  bool operator==(const JobStatus&) const = default;
};
static_assert(sizeof(JobStatus) == 40, "there is one for each of a million jobs");

struct JobRecord {
  JobNumber number{};
  JobDigest digest;
  RunNumber run{};
  VideoNumber video{};
  SubmissionNumber submission{};  ///< the one that made it
  JobStatus status;
  bool operator==(const JobRecord&) const = default;
};

struct WorkerRecord {
  WorkerNumber number{};
  std::string name;
  std::string machine;
  std::int64_t pid = 0;
  std::string device;
  std::string device_name;
  std::string engine_build;
  Resources has;
  TimeUs joined_at = 0;
  TimeUs left_at = 0;  ///< 0 while it is here
  bool operator==(const WorkerRecord&) const = default;
};

/// A worker's right to jobs of one video and one model, as it is stored: without a deadline, since
/// every lease gets a new one after a restart.
struct LeaseRecord {
  LeaseNumber number{};
  WorkerNumber worker{};
  std::vector<JobNumber> jobs;  ///< open ones, in the order in which they run
  bool operator==(const LeaseRecord&) const = default;
};

/// Everything that a restarted coordinator loads, ordered by number.
struct Snapshot {
  std::vector<SeriesRecord> series;
  std::vector<DatasetRecord> datasets;
  std::vector<VideoRecord> videos;
  std::vector<SubmissionRecord> submissions;
  std::vector<RunRecord> runs;
  std::vector<MemberRecord> members;  ///< by series, then position, then name, then run
  std::vector<JobRecord> jobs;
  std::vector<WorkerRecord> workers;  ///< those that are here
  std::vector<LeaseRecord> leases;
  WorkerNumber last_worker{};
  LeaseNumber last_lease{};
  std::uint64_t last_sequence = 0;  ///< of the journal
  bool operator==(const Snapshot&) const = default;
};

}  // namespace cox::core
