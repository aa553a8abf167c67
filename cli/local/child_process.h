#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"

namespace cox::cli {

/// How a process ended.
struct Ending {
  int exit_code = 0;
  int signal = 0;  ///< 0 = it ended by itself

  bool is_success() const { return signal == 0 && exit_code == 0; }
  std::string text() const;  ///< "exit code 2", "signal 9 (Killed)"
};

/// Changes to the environment that a child inherits: new values by name; "" unsets.
using EnvironmentChanges = std::map<std::string, std::string>;

/// A child process in its own process group (a terminal's Ctrl-C reaches only us, and we decide),
/// with standard output and error appended to a log file. The kernel sends it SIGTERM when we die,
/// whatever killed us. Killed and reaped when destroyed. Owned by one thread, which must live as
/// long as the child: the kernel watches the thread that started it.
class ChildProcess {
 public:
  static Result<ChildProcess> start(const std::vector<std::string>& arguments,
                                    const std::string& log_file,
                                    const EnvironmentChanges& environment = {});

  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess();

  pid_t pid() const { return pid_; }

  /// Returns how it ended, or nothing while it runs. Does not wait.
  const std::optional<Ending>& poll();

  /// Sends a signal unless the process has ended.
  void send(int signal);

 private:
  explicit ChildProcess(pid_t pid) : pid_(pid) {}
  void end();

  pid_t pid_ = -1;  ///< -1 = moved from
  std::optional<Ending> ending_;
};

}  // namespace cox::cli
