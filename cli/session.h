#pragma once

#include <ostream>
#include <string_view>

#include "cli/exit_code.h"
#include "cli/output/terminal.h"

namespace cox::cli {

/// Where a command writes: data to `out`, messages to `err`. Borrowed; owned by main's thread.
struct Session {
  std::ostream& out;
  std::ostream& err;
  Terminal out_terminal;
  Terminal err_terminal;

  /// One message to a person.
  void say(std::string_view message) const { err << message << '\n'; }

  /// `cox: error: ...`, in red where there is colour. Returns the exit code of the error.
  ExitCode fail(const Status& status) const;
};

}  // namespace cox::cli
