#pragma once

#include <string>

#include "coordinator/core/step.h"

namespace cox::core {

/// Cancels a job that has not ended; the worker that holds it learns so with its next heartbeat.
/// False when the job has ended.
bool cancel_job(Step& step, JobNumber number, const std::string& why);

/// Ends a job that a rule of its series stops.
void stop_job(Step& step, JobNumber number, StopReason reason, const std::string& why);

}  // namespace cox::core
