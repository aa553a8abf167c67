#include "coordinator/core/job_digest.h"

#include <fmt/format.h>

namespace cox::core {

namespace {

constexpr char kHex[] = "0123456789abcdef";

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

Result<JobDigest> JobDigest::parse(std::string_view hex) {
  JobDigest digest;
  bool valid = hex.size() == 2 * digest.bytes.size();
  for (size_t i = 0; valid && i < digest.bytes.size(); ++i) {
    const int high = hex_value(hex[2 * i]);
    const int low = hex_value(hex[2 * i + 1]);
    valid = high >= 0 && low >= 0;
    digest.bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  if (!valid) {
    return invalid_argument(
        fmt::format("invalid job digest '{}': expected 64 lower-case hexadecimal characters", hex));
  }
  return digest;
}

std::string JobDigest::hex() const {
  std::string text;
  text.reserve(2 * bytes.size());
  for (const std::uint8_t byte : bytes) {
    text += kHex[byte >> 4];
    text += kHex[byte & 15];
  }
  return text;
}

}  // namespace cox::core
