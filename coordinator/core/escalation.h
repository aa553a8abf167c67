#pragma once

#include <string>

#include "coordinator/core/step.h"

namespace cox::core {

/// What is tried after a job ran out of memory.
struct Escalation {
  bool possible = false;
  std::string what;  ///< for people: what is tried, or why nothing is
};

/// Changes `status` so that the next attempt has a better chance: a method that trains recomputes
/// activations, then a GPU with more memory is required, each once. A job that can be helped by
/// neither is tried again as it was, once: another program may have had the memory.
Escalation escalate(const Step& step, const Job& job, const Resources& worker, JobStatus& status);

/// What attempts of a job that ran out of memory tried, for people; "" when nothing but to run it.
std::string tried_text(const JobStatus& status);

}  // namespace cox::core
