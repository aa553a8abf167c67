#pragma once

#include <string>

namespace cox::cli {

/// Returns why an option cannot have this value, in the form that CLI11 requires; "" when it can.
std::string not_empty(const std::string& value);
/// The same for a number that must be above 0 and at most kLargestNumber. Not CLI11's
/// PositiveNumber, which lets nan through and prints its largest double.
std::string above_zero(const std::string& value);
constexpr int kLargestNumber = 1'000'000'000;  ///< of seconds: 31 years

}  // namespace cox::cli
