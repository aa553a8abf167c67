#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/report/data/query.h"
#include "record/limits.h"

namespace cox::report {

/// One row for each series with its number of runs and its jobs by state, the oldest first.
Result<Table> series_status(const Query& query);

/// One row for each run of a series with its jobs by state, in the order of the sweep. kNotFound
/// when there is no such series.
Result<Table> run_status(const Query& query, const std::string& series);

/// One row for each worker that is connected.
Result<Table> worker_status(const Query& query);

enum class WorkersShown { kConnected, kAll };

/// The same with the worker's state and with last_seen, when the coordinator last recorded that it
/// joined, took a job, ended one or left; those that left come last. Reads every attempt.
Result<Table> worker_history(const Query& query, WorkersShown shown);

/// A worker as it registered.
struct Worker {
  std::string name;
  std::string device_name;
  Resources has;

  bool satisfies(const Resources& needs) const { return covers(has, needs); }
};

/// The workers that are connected, by name.
Result<std::vector<Worker>> connected_workers(const Query& query);

/// The workers that joined at `since_us` or later, whether they left or not, by name.
Result<std::vector<Worker>> workers_since(const Query& query, std::int64_t since_us);

/// Queued jobs of one series that ask the same of a worker.
struct QueuedJobs {
  std::string series;
  std::int64_t jobs = 0;
  Resources needs;
};

Result<std::vector<QueuedJobs>> queued_jobs(const Query& query);

}  // namespace cox::report
