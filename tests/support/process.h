#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cox::test {

struct ProcessOptions {
  std::vector<std::string> command;                     ///< the program and its arguments
  std::map<std::string, std::string> environment = {};  ///< added to ours
  std::string output;        ///< file that standard output and error are appended to
  long most_file_bytes = 0;  ///< bound of any file that it writes, 0 = none: a full disk
};

/// A child process. Killed and waited for when it goes out of scope. Owned by one thread.
class Process {
 public:
  explicit Process(const ProcessOptions& options);
  ~Process();
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number);
  /// SIGKILL, and waits for it to be gone.
  void kill();
  bool running();
  /// The exit status (128 + signal when a signal ended it), none when it still runs at the end.
  std::optional<int> wait(std::chrono::milliseconds at_most);

 private:
  pid_t pid_ = -1;
  std::optional<int> status_;
};

}  // namespace cox::test
