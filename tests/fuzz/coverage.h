#pragma once

#include <cstddef>

namespace cox::fuzz {

/// Forgets which edges the input before took.
void begin_coverage();

/// Returns how many kinds of edges (an edge, and about how often it was taken) the last input took
/// that no input of this process took before. 0 in a program that was built without
/// -fsanitize-coverage=trace-pc.
std::size_t new_coverage();

}  // namespace cox::fuzz
