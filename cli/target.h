#pragma once

#include <string>

#include "base/status.h"
#include "cox/v1/sweep.pb.h"

namespace CLI {
class App;
}

namespace cox::cli {

/// The jobs that `cancel` and `retry` act upon: SERIES or SERIES/RUN, and --job.
struct TargetOptions {
  std::string target;
  std::string job;

  void declare(CLI::App& app);
  /// kInvalidArgument when nothing is named: "everything" is never meant by saying nothing.
  Result<v1::SelectRequest> select() const;
};

}  // namespace cox::cli
