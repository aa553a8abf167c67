#pragma once

#include <string>

#include "base/status.h"
#include "cox/v1/worker.pb.h"
#include "record/job.h"

namespace cox::worker {

/// Checks the digests of a bundle, which become names of files and folders: a false coordinator
/// must not make the worker write outside its folders. kInvalidArgument unless each consists of
/// hexadecimal digits. (The engine checks the video's id.)
Status check_bundle(const v1::Bundle& bundle);

/// Returns what the engine needs to run `job` on `video` and to write its videos below `out`. Fails
/// with kInvalidArgument for parameters that no coordinator sends.
Result<JobInput> job_input_of(const v1::LeasedJob& job, const v1::Video& video,
                              const std::string& out);

}  // namespace cox::worker
