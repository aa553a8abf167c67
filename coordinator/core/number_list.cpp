#include "coordinator/core/number_list.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace cox::core {

namespace {

constexpr std::size_t kLongestNumber = 32;  ///< characters, what makes it a real included

/// Writes to `at`, which has room for kLongestNumber; returns the text's end.
char* put_number(char* at, double value) {
  if (!std::isfinite(value)) return std::copy_n("null", 4, at);
  char* const end = std::to_chars(at, at + kLongestNumber, value).ptr;
  const bool is_real = std::any_of(at, end, [](char c) { return c == '.' || c == 'e'; });
  return is_real ? end : std::copy_n(".0", 2, end);
}

}  // namespace

NumberList::NumberList(std::span<const double> numbers) {
  json_.resize(2 + numbers.size() * (kLongestNumber + 1));
  char* at = json_.data();
  *at++ = '[';
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (i > 0) *at++ = ',';
    at = put_number(at, numbers[i]);
  }
  *at++ = ']';
  json_.resize(static_cast<std::size_t>(at - json_.data()));
  json_.shrink_to_fit();
}

std::string json_number(double value) {
  char text[kLongestNumber];
  return {text, put_number(text, value)};
}

}  // namespace cox::core
