#include "cli/session.h"

namespace cox::cli {

ExitCode Session::fail(const Status& status) const {
  err << toned(err_terminal, Tone::kBad, "cox: error:") << ' ' << status.message() << '\n';
  return exit_code_of(status);
}

}  // namespace cox::cli
