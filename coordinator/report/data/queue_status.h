#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/report/data/query.h"

namespace cox::report {

/// One row for each series with its number of runs and its jobs by state, the oldest first.
Result<Table> series_status(const Query& query);

/// One row for each run of a series with its jobs by state, in the order of the sweep. kNotFound
/// when there is no such series.
Result<Table> run_status(const Query& query, const std::string& series);

/// One row for each worker that is connected.
Result<Table> worker_status(const Query& query);

/// What a job asks of a worker.
struct Needs {
  std::int64_t gpus = 0;
  std::int64_t gpu_memory_bytes = 0;
  std::int64_t memory_bytes = 0;
};

/// A worker as it registered.
struct Worker {
  std::string name;
  std::string device_name;
  std::int64_t gpus = 0;
  std::int64_t gpu_memory_bytes = 0;
  std::int64_t memory_bytes = 0;

  bool satisfies(const Needs& needs) const {
    return gpus >= needs.gpus && gpu_memory_bytes >= needs.gpu_memory_bytes &&
           memory_bytes >= needs.memory_bytes;
  }
};

/// The workers that are connected, by name.
Result<std::vector<Worker>> connected_workers(const Query& query);

/// The workers that joined at `since_us` or later, whether they left or not, by name.
Result<std::vector<Worker>> workers_since(const Query& query, std::int64_t since_us);

/// Queued jobs of one series that ask the same of a worker.
struct QueuedJobs {
  std::string series;
  std::int64_t jobs = 0;
  Needs needs;
};

Result<std::vector<QueuedJobs>> queued_jobs(const Query& query);

}  // namespace cox::report
