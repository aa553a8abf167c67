#pragma once

#include <cstdint>
#include <string>

namespace cox::engine {

/// The text after the colon of the first line that begins with `key`; "" when there is none.
std::string line_value(const std::string& file, const std::string& key);

// Bytes of a line of /proc/self/status or /proc/meminfo; 0 when there is none.
int64_t status_bytes(const std::string& key);
int64_t meminfo_bytes(const std::string& key);

}  // namespace cox::engine
