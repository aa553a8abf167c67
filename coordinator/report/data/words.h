#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace cox::report {

/// "1 job", "8 jobs"
inline std::string counted(std::int64_t count, std::string_view singular) {
  return fmt::format("{} {}{}", count, singular, count == 1 ? "" : "s");
}

/// "videos"
inline std::string plural(std::string_view singular) { return fmt::format("{}s", singular); }

/// The word for what all runs, or comparisons, were measured on: "video" or "prompt" where they
/// agree, else "item".
template <typename Range>
std::string item_word(const Range& all) {
  std::string word;
  for (const auto& each : all) {
    const std::string* own = nullptr;
    if constexpr (std::is_pointer_v<std::decay_t<decltype(each)>>) {
      own = &each->item;
    } else {
      own = &each.item;
    }
    if (!word.empty() && word != *own) return "item";
    word = *own;
  }
  return word.empty() ? "item" : word;
}

/// The first 12 characters, as people read a digest.
inline std::string short_digest(std::string_view digest) {
  constexpr std::size_t kShownCharacters = 12;
  return std::string(digest.substr(0, kShownCharacters));
}

}  // namespace cox::report
