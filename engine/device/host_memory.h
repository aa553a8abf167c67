#pragma once

#include <cstdint>

namespace cox::engine {

/// What the process can still take: what the machine has to give without swapping, or less where
/// the process's control group allows less.
int64_t available_host_bytes();

/// From here on an allocation fails that would make the process hold more than it does now plus
/// `bytes`. Without a limit the kernel grants what is not there and kills a process, perhaps
/// another one, when it is used. Lasts for the life of the process and of its children. Throws
/// EngineError(kCrash) when the kernel refuses.
void limit_host_memory(int64_t bytes);

}  // namespace cox::engine
