#pragma once

#include <functional>
#include <string>

#include "base/status.h"
#include "cli/options.h"
#include "cox/v1/sweep.pb.h"

namespace CLI {
class App;
}

namespace cox::cli {

using ChangeCall = std::function<Result<v1::ChangeReply>(const v1::SelectRequest&)>;
using JobFinder = std::function<Result<std::string>(const std::string&)>;

/// The jobs that `cancel`, `pause`, `resume` and `retry` change: SERIES, SERIES/RUN, RUN, a run's
/// digest, SERIES/RUN/VIDEO, a job's digest, and --job.
struct TargetOptions {
  std::string target;
  std::string job;

  void declare(CLI::App& app);

  /// kInvalidArgument when nothing is named: no target never means every job.
  Status check() const;

  /// Calls `call` with each reading of the target in that order until one exists, jobs last.
  /// `find_job` returns a job's digest. kNotFound, with the forms of a target, when none exists.
  Result<v1::ChangeReply> change(const ChangeCall& call, const JobFinder& find_job) const;
};

/// Finds jobs in `source`, which is opened by each call.
JobFinder job_finder(const Source& source);

}  // namespace cox::cli
