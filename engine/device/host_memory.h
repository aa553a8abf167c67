#pragma once

#include <cstdint>

namespace cox::engine {

/// Returns how many bytes the process can still allocate: what the machine has without swapping, or
/// the rest of the control group's limit if that is less.
int64_t available_host_bytes();

/// Makes allocations fail that exceed the process's current memory plus `bytes`. Without a limit
/// the kernel overcommits, and kills a process, perhaps another one, when the memory is used. Lasts
/// for the life of the process and of its children. Throws EngineError(kCrash) when the kernel
/// refuses.
void limit_host_memory(int64_t bytes);

}  // namespace cox::engine
