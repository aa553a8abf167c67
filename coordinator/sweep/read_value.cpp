#include "coordinator/sweep/read_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <set>
#include <string_view>
#include <utility>

#include "base/text.h"

namespace cox::sweep {

namespace {

template <typename Number>
std::optional<Number> parse_number(const std::string& text) {
  Number number{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

std::optional<double> parse_float(const std::string& text) {
  const auto number = parse_number<double>(text);
  if (!number || !std::isfinite(*number)) return std::nullopt;
  return *number == 0 ? 0.0 : *number;  // Minus zero and zero are one value.
}

/// Whether readers of YAML differ about the value: `010` is 8 in version 1.1 and 10 in version 1.2.
bool has_leading_zero(const Node& node) {
  if (!node.is_scalar() || node.quoted) return false;
  std::string_view digits = node.text;
  if (!digits.empty() && digits.front() == '-') digits.remove_prefix(1);
  return digits.size() > 1 && digits.front() == '0' &&
         digits.find_first_not_of("0123456789") == std::string_view::npos;
}

std::optional<Value> parse_scalar(const Node& node, Type type) {
  if (!node.is_scalar()) return std::nullopt;
  if (type == Type::kText) return Value(node.text);
  if (node.quoted) return std::nullopt;
  if (type == Type::kBool) {
    if (node.text == "true") return Value(true);
    if (node.text == "false") return Value(false);
    return std::nullopt;
  }
  if (has_leading_zero(node)) return std::nullopt;
  if (type == Type::kInt) {
    const auto number = parse_number<std::int64_t>(node.text);
    return number ? std::optional<Value>(*number) : std::nullopt;
  }
  const auto number = parse_float(node.text);
  return number ? std::optional<Value>(*number) : std::nullopt;
}

std::optional<Type> item_type(Type type) {
  switch (type) {
    case Type::kIntList:
      return Type::kInt;
    case Type::kFloatList:
      return Type::kFloat;
    case Type::kTextList:
      return Type::kText;
    default:
      return std::nullopt;
  }
}

std::string expected(Type type) {
  if (type == Type::kBool) return "true or false";
  if (type == Type::kText) return "a string";
  if (type == Type::kTextList) return "a list of strings";
  return fmt::format("{} {}", type == Type::kInt ? "an" : "a", type_name(type));
}

std::optional<double> number_of(const Value& value) {
  if (const auto* number = value.get_if<std::int64_t>()) return static_cast<double>(*number);
  if (const auto* number = value.get_if<double>()) return *number;
  return std::nullopt;
}

// `1` rather than `1.0`: bounds of integers are kept as reals.
std::string shown_bound(double bound) {
  std::string text = exact_decimal(bound);
  if (ends_with(text, ".0")) text.resize(text.size() - 2);
  return text;
}

std::string number_error(const ParameterSchema& schema, double number) {
  if (schema.min && number < *schema.min) return "expected at least " + shown_bound(*schema.min);
  if (schema.above && number <= *schema.above) {
    return "expected more than " + shown_bound(*schema.above);
  }
  if (schema.max && number > *schema.max) return "expected at most " + shown_bound(*schema.max);
  if (schema.below && number >= *schema.below) {
    return "expected less than " + shown_bound(*schema.below);
  }
  return "";
}

std::string text_error(const ParameterSchema& schema, const std::string& text) {
  const auto& values = schema.values;
  if (values.empty() || std::find(values.begin(), values.end(), text) != values.end()) return "";
  return "expected one of " + join(values, ", ") + did_you_mean(text, values);
}

std::string list_error(const ParameterSchema& schema, const Value::List& list) {
  if (list.empty() && schema.less_than.empty()) return "expected at least one item";
  std::set<std::string> seen;
  for (const Value& item : list) {
    if (const std::string error = bounds_error(schema, item); !error.empty()) return error;
    if (schema.is_set() && !seen.insert(canonical_text(item)).second) {
      return "expected each item once, got " + shown(item) + " twice";
    }
  }
  return "";
}

}  // namespace

namespace {

/// Reports control characters, which neither a prompt nor a title can hold.
bool is_printable(const Node& node, const std::string& what, Diagnostics& diagnostics) {
  const auto at = first_control_character(node.text, "\t\r\n");
  if (!at) return true;
  diagnostics.error(node.at, fmt::format("{}: expected a string without control characters, got "
                                         "0x{:02X} at byte {}",
                                         what, static_cast<unsigned char>(node.text[*at]), *at));
  return false;
}

}  // namespace

std::optional<Value> read_value(const Node& node, Type type, const std::string& what,
                                Diagnostics& diagnostics) {
  const auto item = item_type(type);
  if (!item) {
    auto value = parse_scalar(node, type);
    if (!value) {
      const bool is_number = type == Type::kInt || type == Type::kFloat;
      diagnostics.error(
          node.at,
          fmt::format("{}: expected {}, got {}{}", what, expected(type), describe(node),
                      is_number && has_leading_zero(node)
                          ? "; remove the leading zero, which some YAML readers interpret as base 8"
                          : ""));
      return value;
    }
    if (!is_printable(node, what, diagnostics)) return std::nullopt;
    return value;
  }
  if (!node.is_sequence()) {
    diagnostics.error(node.at,
                      fmt::format("{}: expected {}, got {}", what, expected(type), describe(node)));
    return std::nullopt;
  }
  Value::List list;
  for (const Node& child : node.items) {
    auto value = read_value(child, *item, fmt::format("{}[{}]", what, list.size()), diagnostics);
    if (!value) return std::nullopt;
    list.push_back(std::move(*value));
  }
  return Value(std::move(list));
}

std::string precision_error(double number) {
  using Single = std::numeric_limits<float>;
  const double size = std::abs(number);
  if (size > Single::max()) return "expected at most 3.4e+38 in magnitude (fp32 limit)";
  if (size > 0 && size < Single::min()) {
    return "expected 0 or at least 1.2e-38 in magnitude (fp32 limit)";
  }
  return "";
}

std::string bounds_error(const ParameterSchema& schema, const Value& value) {
  if (const auto* list = value.get_if<Value::List>()) return list_error(schema, *list);
  if (const auto* text = value.get_if<std::string>()) return text_error(schema, *text);
  const auto number = number_of(value);
  if (!number) return "";
  const std::string error = number_error(schema, *number);
  return error.empty() ? precision_error(*number) : error;
}

Value normalized(const ParameterSchema& schema, Value value) {
  if (const auto* number = value.get_if<double>(); number != nullptr && *number == 0) return 0.0;
  auto* list = std::get_if<Value::List>(&value.data);
  if (list == nullptr || !schema.is_set()) return value;
  if (!schema.less_than.empty()) {
    std::stable_sort(list->begin(), list->end(), [](const Value& a, const Value& b) {
      return *a.get_if<std::int64_t>() < *b.get_if<std::int64_t>();
    });
    return value;
  }
  const auto rank = [&](const Value& item) {
    const auto* text = item.get_if<std::string>();
    const auto& values = schema.values;
    return text == nullptr ? values.end() : std::find(values.begin(), values.end(), *text);
  };
  std::stable_sort(list->begin(), list->end(),
                   [&](const Value& a, const Value& b) { return rank(a) < rank(b); });
  return value;
}

std::string shown(const Value& value) {
  if (const auto* text = value.get_if<std::string>()) return *text;
  const auto* list = value.get_if<Value::List>();
  if (list == nullptr) return canonical_text(value);
  std::vector<std::string> parts;
  for (const Value& item : *list) parts.push_back(shown(item));
  return "[" + join(parts, ", ") + "]";
}

std::optional<std::string> read_text(const Node& node, const std::string& what,
                                     Diagnostics& diagnostics) {
  const auto value = read_value(node, Type::kText, what, diagnostics);
  if (!value) return std::nullopt;
  const std::string& text = *value->get_if<std::string>();
  if (text.empty()) {
    diagnostics.error(node.at, what + ": expected a non-empty string");
    return std::nullopt;
  }
  return text;
}

std::optional<std::int64_t> read_int(const Node& node, const std::string& what, std::int64_t min,
                                     std::int64_t max, Diagnostics& diagnostics) {
  const auto value = read_value(node, Type::kInt, what, diagnostics);
  if (!value) return std::nullopt;
  const std::int64_t number = *value->get_if<std::int64_t>();
  if (number >= min && number <= max) return number;
  diagnostics.error(node.at, fmt::format("{}: expected {} to {}, got {}", what, min, max, number));
  return std::nullopt;
}

std::optional<bool> read_bool(const Node& node, const std::string& what, Diagnostics& diagnostics) {
  const auto value = read_value(node, Type::kBool, what, diagnostics);
  if (!value) return std::nullopt;
  return *value->get_if<bool>();
}

std::vector<std::string> read_texts(const Node& node, const std::string& what,
                                    Diagnostics& diagnostics) {
  const auto value = read_value(node, Type::kTextList, what, diagnostics);
  std::vector<std::string> texts;
  if (!value) return texts;
  for (const Value& item : *value->get_if<Value::List>()) {
    texts.push_back(*item.get_if<std::string>());
  }
  return texts;
}

}  // namespace cox::sweep
