#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "engine/parallel/group.h"

namespace cox::engine {

/// Groups over GPUs of this process, one object for each device, through NCCL. Calls run on the
/// device's current stream, in order with LibTorch's own; their arguments may be freed at once.
/// Throws EngineError(kUser, "several_gpus") without NCCL, kCrash if it fails or does not answer
/// within `bound`.
std::vector<std::unique_ptr<Group>> make_nccl_groups(const std::vector<at::Device>& devices,
                                                     std::chrono::milliseconds bound);

}  // namespace cox::engine
