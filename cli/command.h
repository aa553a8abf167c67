#pragma once

#include <string>

#include "base/status.h"
#include "cli/exit_code.h"
#include "cli/session.h"

namespace CLI {
class App;
}

namespace cox::cli {

/// The help of a command in `cox -h` and `cox NAME -h`.
struct CommandText {
  std::string name;
  std::string summary;   ///< one line
  std::string examples;  ///< lines that can be typed; the help opens with them
};

/// One command of `cox`. The options it declares are its own members. Owned by one thread.
class Command {
 public:
  virtual ~Command() = default;
  virtual CommandText text() const = 0;
  virtual void declare(CLI::App& app) = 0;
  virtual Result<ExitCode> run(Session& session) = 0;
};

}  // namespace cox::cli
