#pragma once

#include <initializer_list>
#include <span>
#include <string>

namespace cox::core {

/// Numbers as the JSON text in which the database keeps them, each as the shortest text that reads
/// back as the same double; JSON has no numbers that are not finite, so those are null. A result
/// has dozens, and spelling them takes a third of what saving it takes: it happens where a result
/// arrives, beside others that do, and not where all wait for the one writer.
class NumberList {
 public:
  NumberList() = default;
  NumberList(std::initializer_list<double> numbers)
      : NumberList(std::span(numbers.begin(), numbers.size())) {}
  explicit NumberList(std::span<const double> numbers);

  const std::string& json() const { return json_; }
  bool operator==(const NumberList&) const = default;

 private:
  std::string json_ = "[]";
};

/// One such number.
std::string json_number(double value);

}  // namespace cox::core
