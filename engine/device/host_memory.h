#pragma once

#include <cstdint>

namespace cox::engine {

/// Returns how many bytes the process can still allocate: what the machine has without swapping, or
/// the rest of the control group's limit if that is less.
int64_t available_host_bytes();

/// Makes allocations fail that exceed the process's current memory plus `bytes`. Without a limit
/// the kernel overcommits, and later kills a process, perhaps another one. The limit lasts for the
/// life of the process and its children. Throws EngineError(kCrash) if the kernel rejects it.
void limit_host_memory(int64_t bytes);

}  // namespace cox::engine
