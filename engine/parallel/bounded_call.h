#pragma once

#include <chrono>
#include <functional>

namespace cox::engine {

/// Calls `work` on a thread of its own and returns whether it ended within `bound`; throws what it
/// throws. For calls of a library that cannot be interrupted: one that does not end keeps its
/// thread, and `work` with all that it holds, until it does.
bool call_within(std::chrono::milliseconds bound, std::function<void()> work);

}  // namespace cox::engine
