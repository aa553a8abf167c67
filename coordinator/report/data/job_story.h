#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/report/data/parameter_difference.h"
#include "coordinator/report/data/query.h"
#include "coordinator/report/data/queue_status.h"

namespace cox::report {

/// Everything that explains one job: its state and the reason for it, who else uses its result,
/// every attempt, and how its run differs from the most similar run.
struct JobStory {
  std::string digest;
  std::string name;  ///< series/run/video of its owner
  std::string state;
  std::string reason;   ///< one sentence
  std::string reuse;    ///< one sentence: the work that it had in common with others; "" = none
  Resources needs;      ///< what it asks of a worker
  Table uses;           ///< series, run: every name under which the result counts
  Table attempts;       ///< attempt, outcome, cause, worker, machine, granted, held_s, message
  std::string nearest;  ///< series/run, "" when there is no other run
  std::vector<Difference> differences;  ///< to the nearest
};

/// kNotFound when there is no such job.
Result<JobStory> job_story(const Query& query, const std::string& job_digest);

}  // namespace cox::report
