#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace cox {

/// Concatenates the printed arguments.
template <typename... Parts>
std::string concat(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return out.str();
}

std::string join(const std::vector<std::string>& parts, std::string_view separator);
/// Returns "a, b and 3 more": the first `shown` names and the number of the rest.
std::string join_first(const std::vector<std::string>& names, std::size_t shown);
std::vector<std::string> split(std::string_view text, char separator);
std::string trim(std::string_view text);
/// Converts A to Z to lower case; keeps all other bytes, including those of UTF-8.
std::string lower_case(std::string_view text);
bool starts_with(std::string_view text, std::string_view prefix);
bool ends_with(std::string_view text, std::string_view suffix);

/// Returns the shortest decimal that reads back as exactly `value`, or "nan", "inf" or "-inf". A
/// finite result always contains '.' or 'e', so it cannot be mistaken for an integer.
std::string exact_decimal(double value);

/// Returns the candidate nearest to `name` by edit distance, or "" when none is within a third of
/// its length (at least 2): for "did you mean".
std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates);

/// Returns the offset of the first byte that is not part of valid UTF-8 (overlong forms and
/// surrogates are not valid), or nothing when all of it is valid.
std::optional<std::size_t> first_invalid_utf8(std::string_view text);

/// Returns the offset of the first control character (below 0x20 or 0x7F) that is not one of
/// `allowed`.
std::optional<std::size_t> first_control_character(std::string_view text,
                                                   std::string_view allowed = "");

/// Returns `text` for a message or a terminal: control characters and bytes that are not UTF-8 are
/// shown as `\xE9`.
std::string escaped(std::string_view text);

/// Returns at most `limit` bytes of `text`, cut between characters, followed by "..." if it was
/// cut.
std::string abbreviated(std::string_view text, std::size_t limit);

/// "2026-11-21T08:30:05.123456Z"
std::string format_time_utc(std::int64_t time_us);

}  // namespace cox
