#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "cli/output/rows.h"
#include "cli/results/parameter_difference.h"
#include "cli/sources/result_source.h"

namespace cox::cli {

/// Everything that explains one job: where it stands and why, who else uses its result, every try,
/// and how its run differs from the run most like it.
struct JobStory {
  std::string digest;
  std::string name;  ///< series/run/video of its owner
  std::string state;
  std::string reason;   ///< one sentence
  Rows uses;            ///< series, run: every name under which the result counts
  Rows attempts;        ///< attempt, outcome, cause, worker, machine, started, seconds, message
  std::string nearest;  ///< series/run, "" when there is no other run
  std::vector<Difference> differences;  ///< to the nearest
};

Result<JobStory> job_story(ResultSource& source, const std::string& job_digest);

}  // namespace cox::cli
