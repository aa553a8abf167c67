#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/cluster/worker_settings.h"

namespace cox::cluster {

/// Workers in a container instead of on the node itself.
struct Container {
  std::string image;  ///< "" = none
  std::vector<std::string> options;
};

/// What `cox slurm` must know of a site: where workers run, with what, and how many. A task is one
/// element of a job array; it holds one worker for each set of GPUs that computes a job, or one
/// without a GPU. `out` is on a file system that the nodes share.
struct SlurmSettings : WorkerSettings {
  std::string name = "cox";  ///< of the array; two that are up at once have different names
  std::string partition, account, qos, constraint, reservation;
  std::chrono::seconds time{0};     ///< wall-clock limit of a task
  std::chrono::seconds margin{60};  ///< workers have left this long before it
  int gpus = 0;                     ///< of a task
  std::string gpu_type;             ///< "" = any
  int cpus = 1;                     ///< of a task
  std::string memory;               ///< of a task, as Slurm writes it: "64G"; "" = the site's
  int min_tasks = 1;                ///< while any job is open
  int max_tasks = 1;
  bool requeue = true;

  std::vector<std::string> modules;  ///< loaded before the worker starts
  std::vector<std::string> setup;    ///< shell lines that run before it
  std::vector<std::string> sbatch;   ///< further options: "--mail-type=FAIL"
  Container container;

  std::chrono::seconds max_idle{300};  ///< a worker without work leaves after this

  int workers_per_task() const { return gpus > 0 ? gpus / gpus_per_job : 1; }
  /// How long a worker may compute.
  std::chrono::seconds usable() const { return time - margin; }
  /// OUT/slurm/NAME: logs and notes of the tasks.
  std::string folder() const { return out + "/slurm/" + name; }
  std::string job_name() const { return "cox-" + name; }
};

inline constexpr int kMaxTasks = 1'000;  ///< of an array; MaxArraySize is 1001 where nobody set it

/// Reads a settings file. Every error names its line; unknown keys are errors.
Result<SlurmSettings> read_settings(const std::string& path);

/// Checks what the file and the command line gave together.
Status check_settings(const SlurmSettings& settings);

}  // namespace cox::cluster
