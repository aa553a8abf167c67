#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

#include "tests/support/temporary_directory.h"

namespace cox::test {

/// How a program ended and what it said.
struct Ended {
  int exit_code = -1;  ///< 128 + signal when a signal ended it, as a shell has it
  bool timed_out = false;
  double seconds = 0;
  std::string out;
  std::string err;

  std::string all() const;  ///< for a failed check: everything there is to know
};

struct Surroundings {
  std::string directory;                           ///< to run in; "" = ours
  std::map<std::string, std::string> environment;  ///< added to ours; "" unsets
  double timeout_s = 120;                          ///< then the program is killed
};

/// A running program in a process group of its own. Killed with that group when destroyed.
class Running {
 public:
  Running(const std::vector<std::string>& arguments, const Surroundings& surroundings);
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running();

  pid_t pid() const { return pid_; }
  bool is_over();
  void send(int signal) const;
  /// Until it ends or its timeout passes.
  Ended wait();
  /// Until its standard error holds `text`; false when it ended or the timeout passed without.
  bool wait_for_err(const std::string& text);
  std::string err() const;

 private:
  Ended collect(int status, bool timed_out);

  TemporaryDirectory files_;
  double timeout_s_;
  double begin_s_;
  pid_t pid_ = -1;
  bool over_ = false;
  int status_ = 0;
};

Ended run(const std::vector<std::string>& arguments, const Surroundings& surroundings = {});

/// Processes whose command line holds `text`: the workers that a killed program left behind.
std::vector<pid_t> processes_with(const std::string& text);
/// Until there are none any more; false after `timeout_s`.
bool wait_until_gone(const std::string& text, double timeout_s);

}  // namespace cox::test
