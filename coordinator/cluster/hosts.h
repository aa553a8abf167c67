#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/cluster/worker_settings.h"

namespace cox::cluster {

/// A machine that is reached over SSH.
struct Host {
  std::string name;  ///< as SSH takes it: "gpu1", "me@gpu1"
  int gpus = 0;      ///< one worker drives each, or each set of HostsFile::gpus_per_job
  int workers = 1;   ///< on the CPU, where gpus is 0
};

/// What `cox hosts` must know. `out` is absolute, or below the home directory of a host.
struct HostsFile : WorkerSettings {
  std::vector<std::string> ssh = {"ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10"};
  int health_port = 0;  ///< of the first worker's --health, the next one's is one higher; 0 = none
  std::vector<Host> hosts;
};

inline constexpr int kMaxWorkersOnHost = 64;

/// Reads a file of hosts. Every error names its line; unknown keys are errors.
Result<HostsFile> read_hosts(const std::string& path);

/// The names that the workers of a host have: "gpu1-0", "gpu1-1", ...
std::vector<std::string> worker_names(const HostsFile& file, const Host& host);

/// What a host is asked to do with its workers.
enum class HostAct {
  kUp,       ///< start those that do not run
  kRestart,  ///< drain all, then start them
  kDown,     ///< drain all
  kStatus,   ///< print their state
  kLogs,     ///< print the ends of their logs
};

/// Shell text for `bash -s` on the host. It prints one line for each worker: its name, its state
/// (running, started, stopped, draining, failed) and a detail, with tabs between: the process, and
/// with HostsFile::health_port its health page. With kLogs it prints the logs, each
/// behind a line `==> NAME <==`. Waits at most `patience` for workers that drain.
std::string host_script(const HostsFile& file, const Host& host, HostAct act,
                        std::chrono::seconds patience);

}  // namespace cox::cluster
