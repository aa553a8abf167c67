#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/cluster/settings.h"

namespace cox::cluster {

/// What a submission adds to the settings.
struct ArrayRequest {
  int tasks = 1;
  int at_once = 1;                                  ///< most that Slurm lets run together
  std::optional<std::chrono::seconds> longest_job;  ///< of those that are open, as measured before
  std::vector<std::string> excluded_nodes;
};

/// The script of a job array, exactly as `cox slurm up` submits it: its tasks start workers, note
/// in SlurmSettings::folder() when they began and how they ended, and drain on SIGTERM and SIGUSR1.
/// Parameters are words of the worker's command line; the script takes nothing from the submitter's
/// environment but what Slurm sets.
std::string batch_script(const SlurmSettings& settings, const ArrayRequest& array);

}  // namespace cox::cluster
