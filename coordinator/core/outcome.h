#pragma once

#include <cstdint>

#include "coordinator/core/step.h"

namespace cox::core {

/// Ends an attempt that failed, reported or not (`reported_attempt` 0): another follows, or the job
/// has failed.
void fail_attempt(Step& step, JobNumber number, WorkerNumber worker, const JobFailure& failure,
                  std::uint32_t reported_attempt = 0);
/// Blocks a failed job until its next try, or ends it when `tries` exceeds `limit`. `status`
/// carries the raised counter and the cause.
void retry_or_fail(Step& step, JobNumber number, JobStatus status, std::uint32_t tries,
                   std::uint32_t limit);
/// Cancels what waits in a series whose failure policy is exceeded.
void enforce_policy(Step& step, SeriesNumber series);

}  // namespace cox::core
