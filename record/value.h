#pragma once

#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/text.h"

namespace cox {

/// A parameter value with the type of its schema.
struct Value {
  using List = std::vector<Value>;
  std::variant<bool, std::int64_t, double, std::string, List> data = false;

  Value() = default;
  Value(bool value) : data(value) {}                            // NOLINT: implicit by design
  Value(int value) : data(static_cast<std::int64_t>(value)) {}  // NOLINT
  Value(std::int64_t value) : data(value) {}                    // NOLINT
  Value(double value) : data(value) {}                          // NOLINT
  Value(std::string value) : data(std::move(value)) {}          // NOLINT
  Value(const char* value) : data(std::string(value)) {}        // NOLINT
  Value(List value) : data(std::move(value)) {}                 // NOLINT

  template <typename T>
  const T* get_if() const {
    return std::get_if<T>(&data);
  }
  bool operator==(const Value&) const = default;
};

/// Parameter name (nested keys joined by '.', as in `early_stop.patience`) to value, in name order.
using Parameters = std::map<std::string, Value>;

/// Returns `text` in double quotes, escaped as JSON.
inline std::string json_quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      quoted += escape;
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

/// Returns the one string of a value that enters digests: `true`, `14`, `0.01`, `"text"`, `[1,2]`.
/// Integers and reals never have the same string, and equal reals always have the same string,
/// however they were written.
inline std::string canonical_text(const Value& value) {
  struct Printer {
    std::string operator()(bool v) const { return v ? "true" : "false"; }
    std::string operator()(std::int64_t v) const { return std::to_string(v); }
    std::string operator()(double v) const { return exact_decimal(v); }
    std::string operator()(const std::string& v) const { return json_quoted(v); }
    std::string operator()(const Value::List& v) const {
      std::vector<std::string> parts;
      for (const Value& item : v) parts.push_back(canonical_text(item));
      return "[" + join(parts, ",") + "]";
    }
  };
  return std::visit(Printer{}, value.data);
}

/// Returns the one string of parameters that is digested, sent and stored: JSON with sorted names,
/// `{"lr":0.01,"steps":20}`.
inline std::string canonical_parameters(const Parameters& parameters) {
  std::string text = "{";
  for (const auto& [name, value] : parameters) {
    if (text.size() > 1) text += ',';
    text += json_quoted(name) + ':' + canonical_text(value);
  }
  return text + '}';
}

}  // namespace cox
