#pragma once

#include <string>

#include "base/status.h"

namespace cox::worker {

/// Returns the default name of a worker: `gpu-node-3.cuda0`, host and device, which differs between
/// machines and GPUs and is the same after a restart. `device` is as in device.h. `visible_gpus` is
/// CUDA_VISIBLE_DEVICES; since every process counts its visible GPUs from 0, the entry there
/// replaces the number. Characters that a name must not contain become '-'.
std::string default_name(const std::string& host, const std::string& device,
                         const std::string& visible_gpus);

/// kInvalidArgument unless `name` consists of 1 to kLongestName letters, digits, '.', '_' and '-',
/// not only dots: a folder of the spool has this name.
Status check_name(const std::string& name);

constexpr size_t kLongestName = 128;

}  // namespace cox::worker
