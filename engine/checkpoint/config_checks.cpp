#include "engine/checkpoint/config_checks.h"

#include <fmt/format.h>

#include "engine/tensors/error.h"

namespace cox::engine {

void require_config(bool condition, const JsonConfig& json, const std::string& problem) {
  if (!condition) throw user_error(fmt::format("{}: {}", json.path(), problem), "bad_config");
}

int64_t positive_integer(const JsonConfig& json, const std::string& key) {
  const int64_t value = json.integer(key);
  require_config(value > 0, json,
                 fmt::format("'{}': expected a positive number, got {}", key, value));
  return value;
}

double positive_real(const JsonConfig& json, const std::string& key) {
  const double value = json.real(key);
  require_config(value > 0, json,
                 fmt::format("'{}': expected a positive number, got {}", key, value));
  return value;
}

void require_only(const JsonConfig& json, const std::string& key, const char* value) {
  if (!json.has(key)) return;
  const std::string got = json.text(key);
  require_config(got == value, json, fmt::format("'{}': expected {}, got {}", key, value, got));
}

void require_only(const JsonConfig& json, const std::string& key, bool value) {
  if (!json.has(key)) return;
  const bool got = json.boolean(key);
  require_config(got == value, json, fmt::format("'{}': expected {}, got {}", key, value, got));
}

void require_only(const JsonConfig& json, const std::string& key, double value) {
  if (!json.has(key)) return;
  const double got = json.real(key);
  require_config(got == value, json, fmt::format("'{}': expected {}, got {}", key, value, got));
}

void require_null(const JsonConfig& json, const std::string& key) {
  require_config(!json.has(key), json, fmt::format("'{}': expected null, got a value", key));
}

}  // namespace cox::engine
