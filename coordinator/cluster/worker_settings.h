#pragma once

#include <string>
#include <vector>

namespace cox::cluster {

class Keys;

/// How workers are started, and how they reach the coordinator: the keys that the file of hosts and
/// the settings of a Slurm cluster share. Paths are those of the machines that workers run on.
struct WorkerSettings {
  std::string worker;                       ///< path of cox-worker
  std::vector<std::string> worker_options;  ///< further options of it
  int gpus_per_job = 1;                     ///< that compute each job together: those of one worker
  std::string out = "out";                  ///< folder of what workers write
  std::string coordinator;  ///< HOST:PORT as they reach it; "" = from option or environment
  std::string ca_file;
  std::string token_file;
};

void declare_worker(Keys& keys, WorkerSettings& settings);

/// An option and its value; a value of "" leaves the option out.
struct WorkerOption {
  std::string name;
  std::string value;
};

/// The words of a worker's command line: the program, how it reaches the coordinator, `options`,
/// and those of the settings.
std::vector<std::string> worker_words(const WorkerSettings& settings,
                                      const std::vector<WorkerOption>& options);

}  // namespace cox::cluster
