#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "coordinator/core/effect.h"
#include "coordinator/core/event.h"
#include "coordinator/core/records.h"

namespace cox::core {

struct CoreConfig {
  DurationUs lease_duration = 30 * kSecondUs;   ///< how long a lease lasts without a heartbeat
  DurationUs reconnect_grace = 60 * kSecondUs;  ///< for leases loaded after a restart
  DurationUs worker_silence = 90 * kSecondUs;   ///< after which a worker is lost
  std::uint32_t max_bundle_jobs = 64;        ///< limit of a bundle, even if a worker requests more
  std::uint32_t quarantine_after_kills = 5;  ///< lost workers after which a job is quarantined
  std::uint32_t max_affinity_grants = 100;   ///< in a row that may pass over an older submission
  /// By how much the backoff before a retry may be shortened, so that jobs that failed together are
  /// not retried together. The draw depends only on job and attempt.
  std::uint32_t backoff_jitter_percent = 25;
};

/// How many jobs are in each state.
struct JobCounts {
  std::uint64_t queued = 0;  ///< blocked ones included
  std::uint64_t leased = 0;
  std::uint64_t done = 0;
  std::uint64_t failed = 0;  ///< unexpected failures, quarantined jobs included
  std::uint64_t failed_as_expected = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t paused = 0;
  std::uint64_t stopped = 0;  ///< by a rule of their series
  bool operator==(const JobCounts&) const = default;

  std::uint64_t open() const { return queued + leased; }
};

/// The names of a job, for people.
struct JobNames {
  std::string series;  ///< whose submission created the job
  std::string run;
  std::string video;
};

/// The facts that a report of a job must agree with.
struct JobFacts {
  std::string model_digest;
  std::string video_digest;
  std::string parameters_json;
};

/// A run with jobs that are queued, blocked or leased.
struct OpenRun {
  std::string series;  ///< that owns it
  std::string name;    ///< in that series
  std::string definition;
  std::uint64_t open_jobs = 0;
};

struct QueueState;

/// The queue of jobs as a state machine: events go in, rows to save and answers come out. It has no
/// clock, socket, file or thread; time is an argument, in microseconds.
/// An event costs O(log n) in the number of jobs, plus O(1) per job that it touches; a job prefix
/// in a Selection is looked up in O(n). Owned by one thread at a time.
class Core {
 public:
  explicit Core(CoreConfig config = {});
  /// Restores the state that a store loaded. Each lease lasts `reconnect_grace` from `now`.
  static Core restore(CoreConfig config, Snapshot snapshot, TimeUs now);

  Core(Core&&) noexcept;
  Core& operator=(Core&&) noexcept;
  ~Core();

  /// Applies an event. See Effects for the order in which its parts must be used.
  Effects apply(Event event, TimeUs now);

  /// When the next Tick has something to do; none when no time is awaited.
  std::optional<TimeUs> next_deadline() const;

  JobCounts counts() const;
  /// Counts the jobs that the series' current runs cover; none for an unknown series.
  std::optional<JobCounts> counts_of_series(const std::string& series) const;
  /// The names of all series, in the order in which they were first submitted.
  std::vector<std::string> series_names() const;
  std::uint32_t worker_count() const;
  /// The sequence of the newest JournalEntry; 0 before the first.
  std::uint64_t last_sequence() const;
  std::optional<JobNames> names_of(const JobDigest& job) const;
  std::optional<JobFacts> facts_of(const JobDigest& job) const;
  /// Runs with jobs that are queued, blocked or leased.
  std::vector<OpenRun> open_runs() const;

  /// The state that is on disk once all effects so far are.
  Snapshot snapshot() const;

  /// Checks every invariant from scratch and aborts at the first that does not hold. O(n).
  void sanity_check() const;

 private:
  std::unique_ptr<QueueState> state_;
};

}  // namespace cox::core
