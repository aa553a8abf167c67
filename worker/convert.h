#pragma once

#include <string>

#include "base/status.h"
#include "cox/v1/worker.pb.h"
#include "record/job.h"

namespace cox::worker {

/// Returns what the engine needs to run `job` on `video` and to write its videos below `out`. Fails
/// with kInvalidArgument for parameters that no coordinator sends.
Result<JobInput> job_input_of(const v1::LeasedJob& job, const v1::Video& video,
                              const std::string& out);

}  // namespace cox::worker
