#include "cli/option_checks.h"

#include <fmt/format.h>

#include <charconv>
#include <system_error>

namespace cox::cli {

std::string not_empty(const std::string& value) {
  return value.empty() ? "expected a value, got an empty string" : "";
}

std::string above_zero(const std::string& value) {
  double number = 0;
  const char* end = value.data() + value.size();
  const auto [rest, error] = std::from_chars(value.data(), end, number);
  if (error == std::errc() && rest == end && number > 0 && number <= kLargestNumber) return "";
  return fmt::format("expected a number above 0, at most {}, got '{}'", kLargestNumber, value);
}

}  // namespace cox::cli
