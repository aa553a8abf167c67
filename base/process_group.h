#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/process.h"
#include "base/status.h"

namespace cox {

/// Opens a pipe. A started program inherits its ends only as standard streams.
Result<Pipe> open_pipe();

/// A program in its own process group. The destructor kills the program and every process that it
/// started, including those that it left running when it ended.
class ProcessGroup {
 public:
  /// Descriptors that become the program's standard streams.
  struct Streams {
    int input;
    int output;
    int error;
  };

  /// Starts a program, looked up in PATH, with its arguments, without a shell. No signal is blocked
  /// in it, and SIGINT, SIGTERM, SIGPIPE and SIGXFSZ have their default actions. Returns kNotFound
  /// when the program does not exist, kFailedPrecondition when it cannot be started.
  static Result<ProcessGroup> start(const std::vector<std::string>& words, const Streams& streams);

  ProcessGroup(ProcessGroup&& other) noexcept
      : pid_(std::exchange(other.pid_, 0)), has_ended_(other.has_ended_) {}
  ProcessGroup& operator=(ProcessGroup&&) = delete;
  ~ProcessGroup();

  /// Returns the wait status of waitpid once the program has ended, nothing while it runs. Do not
  /// call it again after the program has ended.
  Result<std::optional<int>> ending();

  /// Leaves running the processes that the program left behind, such as a shared connection of ssh.
  void release() { pid_ = 0; }

 private:
  explicit ProcessGroup(pid_t pid) : pid_(pid) {}

  pid_t pid_;  ///< 0 when moved from or released
  bool has_ended_ = false;
};

}  // namespace cox
