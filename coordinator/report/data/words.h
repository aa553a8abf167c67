#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace cox::report {

/// "1 job", "8 jobs"
inline std::string counted(std::int64_t count, std::string_view singular) {
  return fmt::format("{} {}{}", count, singular, count == 1 ? "" : "s");
}

/// The first 12 characters, as people read a digest.
inline std::string short_digest(std::string_view digest) {
  constexpr std::size_t kShownCharacters = 12;
  return std::string(digest.substr(0, kShownCharacters));
}

}  // namespace cox::report
