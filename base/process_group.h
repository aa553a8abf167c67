#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/process.h"
#include "base/status.h"

namespace cox {

/// Opens a pipe whose ends a started program inherits only as its streams.
Result<Pipe> open_pipe();

/// A program in a process group of its own. The destructor kills it with all that it started, also
/// what it left running when it ended.
class ProcessGroup {
 public:
  /// Descriptors that become the program's standard streams.
  struct Streams {
    int input;
    int output;
    int error;
  };

  /// Starts a program, looked up in PATH, with its arguments, without a shell. No signal is blocked
  /// in it, and SIGINT, SIGTERM, SIGPIPE and SIGXFSZ have their default actions. kNotFound when
  /// there is no such program, kFailedPrecondition when it cannot be started.
  static Result<ProcessGroup> start(const std::vector<std::string>& words, const Streams& streams);

  ProcessGroup(ProcessGroup&& other) noexcept
      : pid_(std::exchange(other.pid_, 0)), has_ended_(other.has_ended_) {}
  ProcessGroup& operator=(ProcessGroup&&) = delete;
  ~ProcessGroup();

  /// Returns how the program ended, as waitpid says it, or nothing while it runs. Do not call it
  /// again after the end.
  Result<std::optional<int>> ending();

  /// Lets what the program left running go its own way, such as a shared connection of ssh.
  void release() { pid_ = 0; }

 private:
  explicit ProcessGroup(pid_t pid) : pid_(pid) {}

  pid_t pid_;  ///< 0 when moved from or released
  bool has_ended_ = false;
};

}  // namespace cox
