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
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,@%+";
  std::vector<std::string> quoted;
  for (const std::string& argument : arguments) {
    if (!argument.empty() && argument.find_first_not_of(kPlain) == std::string::npos) {
      quoted.push_back(argument);
      continue;
    }
    std::string text = "'";
    for (const char c : argument) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    quoted.push_back(text + '\'');
  }
  return join(quoted, " ");
}

}  // namespace cox::cli
