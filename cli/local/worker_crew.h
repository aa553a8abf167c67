#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "cli/local/child_process.h"

namespace cox::cli {

struct CrewOptions {
  std::string program;               ///< path of cox-worker
  std::string coordinator;           ///< address
  std::vector<std::string> devices;  ///< worker i computes on the i-th, round and round
  std::string output_directory;
  std::string log_directory;
  int workers = 1;
  bool sharing = true;
};

/// The worker processes of `cox run`. Owned by one thread: the one that started them.
class WorkerCrew {
 public:
  /// Starts all of them; when one cannot be started, those before it are ended.
  static Result<WorkerCrew> start(const CrewOptions& options);

  /// Starts dead workers again, each after a pause that doubles. A worker that died
  /// kMaxDeathsInARow times while no job was finished stays dead. A worker that left with exit
  /// code 0 was sent away and stays away, and so does one that lacks a file here. Returns what
  /// happened, for people.
  std::vector<std::string> tend(TimeUs now, std::uint64_t finished_jobs);

  /// Workers that run or will be started again.
  int active() const;
  bool any_running();

  /// No worker is started again; those that run get the signal.
  void dismiss(int signal);

  static constexpr int kMaxDeathsInARow = 5;
  /// Of a worker that lacks a file which a job needs: started again it would still lack it.
  static constexpr int kMissingInputExitCode = 78;
  /// Of a worker that refused its flags or its output folder: started again it would refuse again.
  static constexpr int kRefusedExitCode = 2;
  static constexpr DurationUs kFirstPause = kSecondUs;

 private:
  struct Member {
    std::string name;
    ChildProcess process;
    int deaths_in_a_row = 0;
    std::uint64_t finished_at_death = 0;
    bool reported = false;  ///< its present ending has been dealt with
    bool gone = false;      ///< never to be started again
    TimeUs restart_at = 0;
  };

  explicit WorkerCrew(CrewOptions options) : options_(std::move(options)) {}
  Result<ChildProcess> spawn(size_t index) const;
  std::string log_of(const std::string& name) const;
  std::string bury(Member& member, TimeUs now, std::uint64_t finished_jobs) const;
  std::string revive(size_t index);

  CrewOptions options_;
  std::vector<Member> members_;
  bool dismissed_ = false;
};

/// cox-worker beside the running program, or an error that says where it was looked for.
Result<std::string> find_worker_program();

}  // namespace cox::cli
