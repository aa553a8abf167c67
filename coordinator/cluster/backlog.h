#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cox::cluster {

/// A run with jobs that are not finished.
struct OpenRun {
  std::string method;
  std::uint64_t open_jobs = 0;  ///< queued, blocked or leased
  std::uint64_t done_jobs = 0;
  std::optional<double> seconds;  ///< of a job by itself, the mean of those that are done
};

/// The work that is left.
struct Backlog {
  std::uint64_t open_jobs = 0;
  std::optional<double> seconds;  ///< of one worker for all of it; unset when nothing was measured
  std::optional<double> longest_job_s;  ///< of the open ones, as their runs' means have it
};

/// Adds up `runs`. A run without a measured job takes as long as others of its method did, or else
/// as long as all did.
Backlog add_up(const std::vector<OpenRun>& runs);

}  // namespace cox::cluster
