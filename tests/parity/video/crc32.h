#pragma once

#include <cstdint>
#include <vector>

namespace cox::video {

/// The CRC-32 of zlib over bytes that come piece by piece.
class Crc32 {
 public:
  void update(const std::vector<std::uint8_t>& bytes);
  std::uint32_t value() const { return ~state_; }

 private:
  std::uint32_t state_ = ~0u;
};

}  // namespace cox::video
