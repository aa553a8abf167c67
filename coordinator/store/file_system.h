#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace cox::store {

/// The name of a network file system, given its number in statfs; "" for any other file system.
std::string_view network_file_system(std::int64_t magic);

/// The same for what `directory` is on. kNotFound when it cannot be examined.
Result<std::string> network_file_system_of(const std::string& directory);

/// kFailedPrecondition when `directory` is on a network file system, where SQLite's locks and
/// shared memory do not work.
Status check_local_file_system(const std::string& directory);

}  // namespace cox::store
