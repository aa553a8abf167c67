#pragma once

#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"

namespace cox {

/// Prepares a program's process; call it first in main. Opens the standard streams that the caller
/// closed, as cron and launchers do, before a file can take their numbers: messages would overwrite
/// that file. A stream that was closed accepts no output, so printing to it is an error. Ignores
/// SIGXFSZ, so that reaching the file size limit (`ulimit -f`) fails the write, as a full disk
/// does.
inline void prepare_process() {
  // open() takes the lowest free number, so each closed stream gets its own.
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor) {
    if (::fcntl(descriptor, F_GETFD) != -1) continue;
    const int mode = descriptor == STDOUT_FILENO ? O_RDONLY : O_RDWR;
    if (::open("/dev/null", mode) != descriptor) ::_exit(1);  // no stream to report it
  }
  std::signal(SIGXFSZ, SIG_IGN);
}

/// Returns true if a write failed because no more bytes fit: the disk or the user's quota is full,
/// or the file has reached the size limit of the process (`ulimit -f`).
inline bool is_disk_full(int error) { return error == ENOSPC || error == EDQUOT || error == EFBIG; }

/// Owns a file descriptor and closes it. A negative number means no descriptor.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }

  int get() const { return number_; }
  bool is_open() const { return number_ >= 0; }
  void close() {
    if (number_ >= 0) ::close(std::exchange(number_, -1));
  }

 private:
  int number_;
};

/// Both ends of a pipe.
struct Pipe {
  Descriptor reader;
  Descriptor writer;
};

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
