#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace cox::store {

/// The name of a network file system by its number in statfs, or "" for any other.
std::string_view network_file_system(std::int64_t magic);

/// kFailedPrecondition when `directory` lies on a network file system, where SQLite's locks and its
/// shared memory do not hold.
Status check_local_file_system(const std::string& directory);

}  // namespace cox::store
