#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/status.h"

namespace cox::dataset {

/// A value as Python prints it: None, a number, a string, or a list or tuple of values.
struct PythonValue {
  using List = std::vector<PythonValue>;
  std::variant<std::monostate, double, std::string, List> data;

  const std::string* text() const { return std::get_if<std::string>(&data); }
  const double* number() const { return std::get_if<double>(&data); }
  const List* list() const { return std::get_if<List>(&data); }
};

/// Reads one literal and nothing behind it. Strings may be in either kind of quotes, with Python's
/// escapes; text is UTF-8.
Result<PythonValue> parse_python_literal(std::string_view text);

}  // namespace cox::dataset
