#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "engine/parallel/group.h"

namespace cox::engine {

/// Groups whose parts exchange tensors through memory: one object for each of `size` threads. They
/// allow tests of split computations on a CPU; sums are taken in the order of ranks. A part waits
/// for the others for at most `max_wait`.
std::vector<std::unique_ptr<Group>> make_thread_groups(
    int size, std::chrono::milliseconds max_wait = std::chrono::minutes(10));

}  // namespace cox::engine
