#include "coordinator/cluster/time_text.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <vector>

#include "base/text.h"

namespace cox::cluster {

namespace {

constexpr std::chrono::seconds kLongest = std::chrono::hours(24 * 366);

/// The numbers between colons; nothing when one is not a number of at most seven digits.
std::optional<std::vector<std::int64_t>> numbers_in(const std::string& text) {
  std::vector<std::int64_t> numbers;
  for (const std::string& part : split(text, ':')) {
    std::int64_t number = 0;
    const char* end = part.data() + part.size();
    const auto [stop, error] = std::from_chars(part.data(), end, number);
    if (part.empty() || part.size() > 7 || part.front() == '-' || error != std::errc() ||
        stop != end) {
      return std::nullopt;
    }
    numbers.push_back(number);
  }
  return numbers;
}

}  // namespace

std::optional<std::chrono::seconds> parse_time_limit(const std::string& text) {
  const std::size_t dash = text.find('-');
  const bool has_days = dash != std::string::npos;
  const auto days = has_days ? numbers_in(text.substr(0, dash)) : std::vector<std::int64_t>{0};
  const auto clock = numbers_in(has_days ? text.substr(dash + 1) : text);
  if (!days || days->size() != 1 || !clock || clock->size() > 3) return std::nullopt;
  // With days the first number is hours; without them a single one is minutes.
  std::vector<std::int64_t> units = {3'600, 60, 1};
  if (!has_days && clock->size() < 3) units = {60, 1};
  std::chrono::seconds total{days->front() * 86'400};
  for (std::size_t i = 0; i < clock->size(); ++i) {
    total += std::chrono::seconds((*clock)[i] * units[i]);
  }
  if (total <= std::chrono::seconds(0) || total > kLongest) return std::nullopt;
  return total;
}

std::string time_limit_text(std::chrono::seconds limit) {
  const auto seconds = limit.count();
  const std::string clock =
      fmt::format("{:02}:{:02}:{:02}", seconds / 3'600 % 24, seconds / 60 % 60, seconds % 60);
  return seconds < 86'400 ? clock : fmt::format("{}-{}", seconds / 86'400, clock);
}

}  // namespace cox::cluster
