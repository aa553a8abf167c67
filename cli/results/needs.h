#pragma once

#include <cstdint>
#include <string>

#include "base/status.h"
#include "cli/sources/result_source.h"

namespace cox::cli {

/// What a job asks of its worker, as v_jobs has it: needs_gpus, needs_gpu_memory_bytes and
/// needs_memory_bytes.
struct Needs {
  std::int64_t gpus = 0;
  std::int64_t gpu_memory_bytes = 0;
  std::int64_t memory_bytes = 0;
};

/// Why no worker takes jobs with these needs: "needs a GPU with 80.0 GiB, workers have: w0 a cpu";
/// "" when one of them could. `workers` is a condition over v_workers that says who counts.
Result<std::string> unmet_needs(ResultSource& source, const Needs& needs,
                                const std::string& workers);

}  // namespace cox::cli
