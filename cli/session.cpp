#include "cli/session.h"

namespace cox::cli {

void Session::note(std::string_view message) const {
  err << toned(err_terminal, Tone::kWarning, "note:") << ' ' << printable_lines(message) << '\n';
}

ExitCode Session::fail(const Status& status) const {
  err << toned(err_terminal, Tone::kBad, "cox: error:") << ' ' << printable_lines(status.message())
      << '\n';
  return exit_code_of(status);
}

std::string Session::command_line() const { return shell_line(arguments); }

}  // namespace cox::cli
