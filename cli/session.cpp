#include "cli/session.h"

#include "base/text.h"

namespace cox::cli {

void Session::note(std::string_view message) const {
  err << toned(err_terminal, Tone::kWarning, "note:") << ' ' << message << '\n';
}

ExitCode Session::fail(const Status& status) const {
  err << toned(err_terminal, Tone::kBad, "cox: error:") << ' ' << status.message() << '\n';
  return exit_code_of(status);
}

std::string Session::command_line() const {
  std::vector<std::string> quoted;
  for (const std::string& argument : arguments) quoted.push_back(shell_quoted(argument));
  return join(quoted, " ");
}

std::string shell_quoted(const std::string& text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,@%+";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + '\'';
}

}  // namespace cox::cli
