#pragma once

#include <chrono>
#include <functional>

namespace cox::engine {

/// Calls `work` on a separate thread and returns true if it ended within `bound`; throws what
/// `work` throws. For library calls that cannot be interrupted: a call that does not end keeps its
/// thread and everything that `work` holds until it does.
bool call_within(std::chrono::milliseconds bound, std::function<void()> work);

}  // namespace cox::engine
