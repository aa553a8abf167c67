#include "coordinator/web/request.h"

#include <fmt/format.h>

#include <charconv>

namespace cox::web {

std::string Request::text(const std::string& name) const {
  const auto found = parameters_.find(name);
  return found == parameters_.end() ? "" : found->second;
}

std::vector<std::string> Request::texts(const std::string& name) const {
  std::vector<std::string> values;
  const auto [begin, end] = parameters_.equal_range(name);
  for (auto entry = begin; entry != end; ++entry) values.push_back(entry->second);
  return values;
}

Result<std::string> Request::required(const std::string& name) const {
  std::string value = text(name);
  if (value.empty()) return invalid_argument(fmt::format("missing parameter '{}'", name));
  if (value.size() > kMaxParameterBytes) {
    return invalid_argument(fmt::format("parameter '{}': expected at most {} bytes, got {}", name,
                                        kMaxParameterBytes, value.size()));
  }
  return value;
}

Result<std::size_t> Request::number(const std::string& name, std::size_t fallback,
                                    std::size_t most) const {
  const std::string value = text(name);
  if (value.empty()) return fallback;
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size() || number > most) {
    return invalid_argument(
        fmt::format("parameter '{}': expected a number from 0 to {}, got '{}'", name, most, value));
  }
  return number;
}

}  // namespace cox::web
