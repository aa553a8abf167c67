#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/status.h"

namespace cox::core {

/// A job's identity, SHA-256 in binary: half the size of its text, and the coordinator keeps a
/// million of them.
struct JobDigest {
  std::array<std::uint8_t, 32> bytes{};

  /// From 64 lower-case hexadecimal characters; kInvalidArgument otherwise.
  static Result<JobDigest> parse(std::string_view hex);
  std::string hex() const;

  auto operator<=>(const JobDigest&) const = default;
};

}  // namespace cox::core

template <>
struct std::hash<cox::core::JobDigest> {
  std::size_t operator()(const cox::core::JobDigest& digest) const noexcept {
    std::size_t word;  // A digest is uniformly distributed: any piece of it is a good hash.
    std::memcpy(&word, digest.bytes.data(), sizeof word);
    return word;
  }
};
