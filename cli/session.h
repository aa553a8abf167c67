#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "cli/exit_code.h"
#include "cli/output/terminal.h"
#include "coordinator/cluster/shell.h"

namespace cox::cli {

/// Where a command writes: data to `out`, messages to `err`. Borrowed; owned by main's thread.
struct Session {
  std::ostream& out;
  std::ostream& err;
  Terminal out_terminal;
  Terminal err_terminal;
  std::vector<std::string> arguments;  ///< as the shell passed them, the program first

  /// Prints one message to a person.
  void say(std::string_view message) const { err << message << '\n'; }

  /// Prints `note: ...`, something that a reader of the output should know.
  void note(std::string_view message) const;

  /// Prints `cox: error: ...`, in red where there is color. Returns the exit code of the error.
  ExitCode fail(const Status& status) const;

  /// Returns the command line, quoted so that it can be pasted into a shell.
  std::string command_line() const;
};

}  // namespace cox::cli
