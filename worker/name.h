#pragma once

#include <string>

#include "base/status.h"

namespace cox::worker {

/// The name of a worker whose start gave none: `gpu-node-3.cuda0`, host and device, so that workers
/// on two machines or two GPUs differ, and the same again after a restart. `device` is as in
/// device.h. `visible_gpus` is CUDA_VISIBLE_DEVICES, under which every process counts its GPUs from
/// 0: its entry takes the number's place. What a name may not have becomes '-'.
std::string default_name(const std::string& host, const std::string& device,
                         const std::string& visible_gpus);

/// kInvalidArgument unless `name` is 1 to kLongestName letters, digits, '.', '_' and '-', and not
/// dots alone: a folder of the spool bears it.
Status check_name(const std::string& name);

constexpr size_t kLongestName = 128;

}  // namespace cox::worker
