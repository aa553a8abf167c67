#include "engine/parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "engine/tensors/error.h"

namespace cox::engine {

namespace {

constexpr const char* kDetail = "parameter";

std::optional<double> as_real(const Value& value) {
  if (const auto* real = value.get_if<double>()) return *real;
  if (const auto* whole = value.get_if<std::int64_t>()) return static_cast<double>(*whole);
  return std::nullopt;
}

EngineError bad_value(const std::string& name, const std::string& expected,
                      const std::string& got) {
  return user_error(fmt::format("parameter {}: expected {}, got {}", name, expected, got), kDetail);
}

}  // namespace

const Value& ParameterReader::find(const std::string& name, const std::string& expected) {
  const auto found = parameters_.find(prefix_ + name);
  if (found == parameters_.end()) throw bad_value(prefix_ + name, expected, "nothing (missing)");
  read_.insert(found->first);
  return found->second;
}

const Value::List& ParameterReader::list(const std::string& name, const std::string& expected) {
  const Value& value = find(name, expected);
  const auto* items = value.get_if<Value::List>();
  if (items == nullptr) reject(name, expected);
  return *items;
}

void ParameterReader::accept(const std::set<std::string>& names) {
  for (const std::string& name : names) find(name, "a value");
}

void ParameterReader::reject(const std::string& name, const std::string& expected) const {
  const auto found = parameters_.find(prefix_ + name);
  throw bad_value(prefix_ + name, expected,
                  found == parameters_.end() ? "nothing" : canonical_text(found->second));
}

bool ParameterReader::flag(const std::string& name) {
  const Value& value = find(name, "true or false");
  const auto* flag = value.get_if<bool>();
  if (flag == nullptr) reject(name, "true or false");
  return *flag;
}

std::int64_t ParameterReader::integer(const std::string& name, std::int64_t min, std::int64_t max) {
  std::string expected = "an integer";
  if (min != std::numeric_limits<std::int64_t>::min()) expected += fmt::format(" from {}", min);
  if (max != std::numeric_limits<std::int64_t>::max()) expected += fmt::format(" up to {}", max);
  const Value& value = find(name, expected);
  const auto* whole = value.get_if<std::int64_t>();
  if (whole == nullptr || *whole < min || *whole > max) reject(name, expected);
  return *whole;
}

double ParameterReader::real(const std::string& name, RealRange range) {
  std::string expected = "a number";
  if (range.min != RealRange{}.min) expected += fmt::format(" from {:g}", range.min);
  if (range.max != RealRange{}.max) expected += fmt::format(" up to {:g}", range.max);
  const Value& value = find(name, expected);
  const std::optional<double> real = as_real(value);
  // Written so that NaN is rejected.
  if (!real || !(*real >= range.min && *real <= range.max)) reject(name, expected);
  return *real;
}

std::string ParameterReader::text(const std::string& name) {
  const Value& value = find(name, "a string");
  const auto* text = value.get_if<std::string>();
  if (text == nullptr) reject(name, "a string");
  return *text;
}

std::string ParameterReader::choice(const std::string& name,
                                    const std::vector<std::string>& values) {
  const std::string chosen = text(name);
  if (std::find(values.begin(), values.end(), chosen) == values.end()) {
    reject(name, "one of " + join(values, ", "));
  }
  return chosen;
}

std::vector<double> ParameterReader::reals(const std::string& name) {
  std::vector<double> reals;
  for (const Value& item : list(name, "a list of numbers")) {
    const std::optional<double> real = as_real(item);
    if (!real) reject(name, "a list of numbers");
    reals.push_back(*real);
  }
  return reals;
}

std::vector<std::int64_t> ParameterReader::integers(const std::string& name) {
  std::vector<std::int64_t> integers;
  for (const Value& item : list(name, "a list of integers")) {
    const auto* whole = item.get_if<std::int64_t>();
    if (whole == nullptr) reject(name, "a list of integers");
    integers.push_back(*whole);
  }
  return integers;
}

std::vector<std::string> ParameterReader::texts(const std::string& name) {
  std::vector<std::string> texts;
  for (const Value& item : list(name, "a list of strings")) {
    const auto* text = item.get_if<std::string>();
    if (text == nullptr) reject(name, "a list of strings");
    texts.push_back(*text);
  }
  return texts;
}

void ParameterReader::finish() const {
  std::vector<std::string> unread;
  for (const auto& [name, value] : parameters_) {
    if (read_.count(name) == 0) unread.push_back(name);
  }
  if (unread.empty()) return;
  throw user_error(fmt::format("unknown parameters: {}; remove them, or "
                               "update the worker if the coordinator is newer",
                               join(unread, ", ")),
                   kDetail);
}

}  // namespace cox::engine
