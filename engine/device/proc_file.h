#pragma once

#include <cstdint>
#include <string>

namespace cox::engine {

/// Returns what follows the colon of the first line that begins with `key`; "" if there is none.
std::string line_value(const std::string& file, const std::string& key);

// Return the bytes of a line of /proc/self/status or /proc/meminfo; 0 if there is none.
int64_t status_bytes(const std::string& key);
int64_t meminfo_bytes(const std::string& key);

}  // namespace cox::engine
