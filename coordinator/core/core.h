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
  DurationUs lease_duration = 30 * kSecondUs;   ///< how long a lease lasts without a sign of life
  DurationUs reconnect_grace = 60 * kSecondUs;  ///< for leases found after a restart
  DurationUs worker_silence = 90 * kSecondUs;   ///< after which a worker counts as gone
  std::uint32_t max_bundle_jobs = 64;           ///< bound of a bundle, whatever a worker asks
  std::uint32_t quarantine_after_kills = 5;     ///< workers that a job may take down
  std::uint32_t max_affinity_grants = 100;      ///< in a row that may pass over an older submission
  /// By how much a wait before a retry may be shorter than its limits say, so that jobs that failed
  /// together do not come back together. The draw follows from job and attempt.
  std::uint32_t backoff_jitter_percent = 25;
};

/// How many jobs stand where.
struct JobCounts {
  std::uint64_t queued = 0;  ///< blocked ones included
  std::uint64_t leased = 0;
  std::uint64_t done = 0;
  std::uint64_t failed = 0;  ///< unexpected failures, quarantined jobs included
  std::uint64_t failed_as_expected = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t paused = 0;
  bool operator==(const JobCounts&) const = default;

  std::uint64_t open() const { return queued + leased; }
};

/// The names by which people know a job.
struct JobNames {
  std::string series;  ///< the one whose submission made the job
  std::string run;
  std::string video;
};

/// What a report of a job must agree with.
struct JobFacts {
  std::string model_digest;
  std::string video_digest;
  std::string parameters_json;
};

/// A run of which something is left to do.
struct OpenRun {
  std::string series;  ///< its owner's
  std::string name;    ///< its owner's for it
  std::string definition;
  std::uint64_t open_jobs = 0;
};

struct QueueState;

/// The queue of jobs as a state machine: what happened goes in, what must be saved and answered
/// comes out. It has no clock, socket, file or thread; time arrives as an argument in microseconds.
/// An event costs O(log n) in the number of jobs, plus O(1) per job that it touches; a job prefix
/// in a Selection is looked up in O(n). Owned by one thread at a time.
class Core {
 public:
  explicit Core(CoreConfig config = {});
  /// The state that a store loaded. Each lease gets `reconnect_grace` from `now` on.
  static Core restore(CoreConfig config, Snapshot snapshot, TimeUs now);

  Core(Core&&) noexcept;
  Core& operator=(Core&&) noexcept;
  ~Core();

  /// See Effects for the order in which its parts must be used.
  Effects apply(Event event, TimeUs now);

  /// When the next Tick has something to do, if ever.
  std::optional<TimeUs> next_deadline() const;

  JobCounts counts() const;
  /// Of the jobs that the series' current runs cover; nothing when there is no such series.
  std::optional<JobCounts> counts_of_series(const std::string& series) const;
  std::uint32_t worker_count() const;
  /// Of the newest JournalEntry; 0 before the first.
  std::uint64_t last_sequence() const;
  std::optional<JobNames> names_of(const JobDigest& job) const;
  std::optional<JobFacts> facts_of(const JobDigest& job) const;
  /// Runs with jobs that are queued, blocked or leased.
  std::vector<OpenRun> open_runs() const;

  /// What is on disk when all effects so far are.
  Snapshot snapshot() const;

  /// Derives every invariant anew and aborts at the first that does not hold. O(n).
  void sanity_check() const;

 private:
  std::unique_ptr<QueueState> state_;
};

}  // namespace cox::core
