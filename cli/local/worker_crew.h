#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "cli/local/child_process.h"

namespace cox::cli {

struct CrewOptions {
  std::string program;               ///< path of cox-worker
  std::string coordinator;           ///< address
  std::vector<std::string> devices;  ///< assigned round-robin
  unsigned gpus_per_job = 1;
  std::string output_directory;
  std::string log_directory;
  int workers = 1;
  bool sharing = true;
};

/// The worker processes of `cox run`. Owned by one thread: the one that started them.
class WorkerCrew {
 public:
  /// Starts all workers; when one cannot be started, stops those before it.
  static Result<WorkerCrew> start(const CrewOptions& options);

  /// Restarts workers that died, each after a pause that doubles. Does not restart a worker that
  /// died kMaxDeathsInARow times while no job was finished, that left with exit code 0 (it was
  /// asked to), or that is missing a file here. Returns what happened, for people; the reason that
  /// a worker gave in its log is part of it.
  std::vector<std::string> supervise(TimeUs now, std::uint64_t finished_jobs);

  /// How many workers run or will be restarted.
  int active() const;
  bool any_running();

  /// Sends the signal to the workers that run; from now on none is restarted.
  void stop(int signal);

  static constexpr int kMaxDeathsInARow = 5;
  /// Exit code of a worker that is missing a file that a job needs; a restart would not help.
  static constexpr int kMissingInputExitCode = 78;
  /// Exit code of a worker that cannot use its options or output folder; a restart would not help.
  static constexpr int kRefusedExitCode = 2;
  static constexpr DurationUs kFirstPause = kSecondUs;

 private:
  struct Member {
    std::string name;
    std::optional<ChildProcess> process;
    int deaths_in_a_row = 0;
    std::uint64_t finished_at_death = 0;
    bool exit_handled = false;
    bool retired = false;  ///< not to be restarted
    TimeUs restart_at = 0;
    std::uintmax_t log_start = 0;  ///< size of its log when it was started
  };

  explicit WorkerCrew(CrewOptions options) : options_(std::move(options)) {}
  Status spawn(size_t index);
  std::string log_of(const std::string& name) const;
  std::string handle_exit(Member& member, TimeUs now, std::uint64_t finished_jobs) const;
  std::string restart(size_t index);
  std::string retire(Member& member, const std::string& what) const;

  CrewOptions options_;
  std::vector<Member> members_;
  bool stopped_ = false;
};

/// Finds cox-worker in the folder of the running program; the error names where it looked.
Result<std::string> find_worker_program();

}  // namespace cox::cli
