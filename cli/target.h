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

/// The jobs that `cancel`, `pause`, `resume` and `retry` act upon: SERIES, SERIES/RUN, RUN, a run's
/// digest, SERIES/RUN/VIDEO, a job's digest, and --job.
struct TargetOptions {
  std::string target;
  std::string job;

  void declare(CLI::App& app);

  /// kInvalidArgument when nothing is named: "everything" is never meant by saying nothing.
  Status check() const;

  /// Makes `call` with what the target means: with each of its readings in that order until one is
  /// there, jobs last. `find_job` answers with a job's digest. kNotFound, with what targets are,
  /// when none is there.
  Result<v1::ChangeReply> change(const ChangeCall& call, const JobFinder& find_job) const;
};

/// Finds jobs in what is at `place`, which is opened when it is asked.
JobFinder job_finder(const Place& place);

}  // namespace cox::cli
