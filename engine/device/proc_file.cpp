#include "engine/device/proc_file.h"

#include <fstream>

#include "base/text.h"

namespace cox::engine {
namespace {

int64_t kibibytes_of(const std::string& value) {
  constexpr int64_t kKibibyte = 1024;
  return value.empty() ? 0 : std::stoll(value) * kKibibyte;
}

}  // namespace

std::string line_value(const std::string& file, const std::string& key) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (starts_with(line, key)) return trim(line.substr(line.find(':') + 1));
  }
  return "";
}

int64_t status_bytes(const std::string& key) {
  return kibibytes_of(line_value("/proc/self/status", key));
}

int64_t meminfo_bytes(const std::string& key) {
  return kibibytes_of(line_value("/proc/meminfo", key));
}

}  // namespace cox::engine
