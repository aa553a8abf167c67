#include "crc32.h"

namespace cox::video {

void Crc32::update(const std::vector<std::uint8_t>& bytes) {
  for (const std::uint8_t byte : bytes) {
    state_ ^= byte;
    for (int bit = 0; bit < 8; ++bit) {
      state_ = (state_ >> 1) ^ ((state_ & 1) != 0 ? 0xEDB88320u : 0);
    }
  }
}

}  // namespace cox::video
