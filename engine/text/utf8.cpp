#include "engine/text/utf8.h"

#include <fmt/format.h>

#include "engine/tensors/error.h"

namespace cox::engine {
namespace {

struct Sequence {
  int length;
  char32_t first_bits;
  char32_t lowest;  ///< smallest code point that needs this length
};

/// What a first byte announces; length 0 for a byte that cannot be first.
Sequence announced_by(unsigned char byte) {
  if (byte < 0x80) return {1, byte, 0};
  if (byte >= 0xC0 && byte < 0xE0) return {2, byte & 0x1Fu, 0x80};
  if (byte >= 0xE0 && byte < 0xF0) return {3, byte & 0x0Fu, 0x800};
  if (byte >= 0xF0 && byte < 0xF8) return {4, byte & 0x07u, 0x10000};
  return {0, 0, 0};
}

bool is_scalar(char32_t c) { return c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF); }

}  // namespace

std::u32string decode_utf8(std::string_view bytes, std::string_view name) {
  std::u32string text;
  for (std::size_t at = 0; at < bytes.size();) {
    const Sequence sequence = announced_by(static_cast<unsigned char>(bytes[at]));
    const std::size_t length = static_cast<std::size_t>(sequence.length);
    bool valid = length > 0 && at + length <= bytes.size();
    char32_t c = sequence.first_bits;
    for (std::size_t i = 1; valid && i < length; ++i) {
      const auto byte = static_cast<unsigned char>(bytes[at + i]);
      valid = (byte & 0xC0u) == 0x80u;
      c = (c << 6) | (byte & 0x3Fu);
    }
    if (!valid || c < sequence.lowest || !is_scalar(c)) {
      throw user_error(
          fmt::format("{}: expected UTF-8 text, got an invalid sequence at byte {}", name, at),
          "invalid_utf8");
    }
    text += c;
    at += length;
  }
  return text;
}

std::string encode_utf8(std::u32string_view text) {
  std::string bytes;
  const auto tail = [&bytes](char32_t c, int shift) {
    bytes += static_cast<char>(0x80u | ((c >> shift) & 0x3Fu));
  };
  for (const char32_t c : text) {
    if (c < 0x80) {
      bytes += static_cast<char>(c);
    } else if (c < 0x800) {
      bytes += static_cast<char>(0xC0u | (c >> 6));
      tail(c, 0);
    } else if (c < 0x10000) {
      bytes += static_cast<char>(0xE0u | (c >> 12));
      tail(c, 6);
      tail(c, 0);
    } else {
      bytes += static_cast<char>(0xF0u | (c >> 18));
      tail(c, 12);
      tail(c, 6);
      tail(c, 0);
    }
  }
  return bytes;
}

}  // namespace cox::engine
