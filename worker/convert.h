#pragma once

#include <string>

#include "base/status.h"
#include "cox/v1/job.pb.h"
#include "cox/v1/worker.pb.h"
#include "engine/job.h"

namespace cox::worker {

/// What the engine gets for a leased job. It writes below `out`: generated videos by run, reference
/// videos, which runs share, together.
/// Fails with kInvalidArgument for a job that no coordinator of this version sends.
Result<engine::JobInput> job_input_of(const v1::LeasedJob& job, const v1::Video& video,
                                      const std::string& out);

v1::JobOutput to_proto(const engine::JobOutput& output);

/// Not for kCancelled, which is reported to nobody.
v1::JobFailure to_proto(const engine::JobFailure& failure);

}  // namespace cox::worker
