#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "cli/exit_code.h"
#include "cli/output/terminal.h"

namespace cox::cli {

/// Where a command writes: data to `out`, messages to `err`. Borrowed; owned by main's thread.
struct Session {
  std::ostream& out;
  std::ostream& err;
  Terminal out_terminal;
  Terminal err_terminal;
  std::vector<std::string> arguments;  ///< as the shell handed them over, the program first

  /// One message to a person.
  void say(std::string_view message) const { err << message << '\n'; }

  /// `note: ...`, what a reader of the output should know.
  void note(std::string_view message) const;

  /// `cox: error: ...`, in red where there is colour. Returns the exit code of the error.
  ExitCode fail(const Status& status) const;

  /// The command line, quoted so that it can be pasted into a shell.
  std::string command_line() const;
};

}  // namespace cox::cli
