#include "engine/checkpoint/json_config.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "engine/tensors/error.h"

namespace cox::engine {
namespace {

using Json = nlohmann::json;

/// nlohmann would convert 1.5 and true to 1. A config that needs this is wrong.
template <typename T>
bool is_exactly(const Json& value) {
  if constexpr (std::is_same_v<T, bool>) return value.is_boolean();
  if constexpr (std::is_same_v<T, int64_t>) return value.is_number_integer();
  if constexpr (std::is_same_v<T, double>) return value.is_number();
  if constexpr (std::is_same_v<T, std::string>) return value.is_string();
}

template <typename T>
struct Reader {
  static bool fits(const Json& value) { return is_exactly<T>(value); }
};
template <typename T>
struct Reader<std::vector<T>> {
  static bool fits(const Json& value) {
    if (!value.is_array()) return false;
    for (const Json& item : value) {
      if (!is_exactly<T>(item)) return false;
    }
    return true;
  }
};
template <typename T>
struct Reader<std::map<std::string, T>> {
  static bool fits(const Json& value) {
    if (!value.is_object()) return false;
    for (const Json& item : value) {
      if (!is_exactly<T>(item)) return false;
    }
    return true;
  }
};

}  // namespace

JsonConfig JsonConfig::read(const std::string& path) {
  const Result<std::string> text = read_file(path);
  if (!text.is_ok()) {
    throw user_error(text.status().message(), "missing_model_file");
  }
  return parse(*text, path);
}

JsonConfig JsonConfig::parse(const std::string& text, const std::string& origin) {
  try {
    auto json = std::make_shared<Json>(Json::parse(text));
    if (!json->is_object()) throw user_error(fmt::format("{}: expected a JSON object", origin));
    return {origin, std::move(json)};
  } catch (const Json::exception& error) {
    throw user_error(fmt::format("{}: not JSON: {}", origin, error.what()));
  }
}

bool JsonConfig::has(const std::string& key) const {
  return json_->contains(key) && !(*json_)[key].is_null();
}

template <typename T>
T JsonConfig::get(const std::string& key, const char* expected) const {
  if (!json_->contains(key)) {
    throw user_error(fmt::format("{}: missing key '{}' ({})", path_, key, expected));
  }
  const Json& value = (*json_)[key];
  if (!Reader<T>::fits(value)) {
    throw user_error(
        fmt::format("{}: '{}': expected {}, got {}", path_, key, expected, value.dump()));
  }
  return value.get<T>();
}

int64_t JsonConfig::integer(const std::string& key) const {
  return get<int64_t>(key, "an integer");
}
double JsonConfig::real(const std::string& key) const { return get<double>(key, "a number"); }
bool JsonConfig::boolean(const std::string& key) const { return get<bool>(key, "true or false"); }
std::string JsonConfig::text(const std::string& key) const {
  return get<std::string>(key, "a string");
}
std::vector<int64_t> JsonConfig::integers(const std::string& key) const {
  return get<std::vector<int64_t>>(key, "a list of integers");
}
std::vector<double> JsonConfig::reals(const std::string& key) const {
  return get<std::vector<double>>(key, "a list of numbers");
}
std::vector<bool> JsonConfig::booleans(const std::string& key) const {
  return get<std::vector<bool>>(key, "a list of true or false");
}
std::map<std::string, std::string> JsonConfig::text_map(const std::string& key) const {
  return get<std::map<std::string, std::string>>(key, "an object of strings");
}

JsonConfig JsonConfig::object(const std::string& key) const {
  if (!json_->contains(key) || !(*json_)[key].is_object()) {
    throw user_error(fmt::format("{}: '{}': expected an object", path_, key));
  }
  return {fmt::format("{}:{}", path_, key), std::make_shared<Json>((*json_)[key])};
}

std::string JsonConfig::dump() const {
  constexpr int kIndent = 2;
  return json_->dump(kIndent) + "\n";
}

JsonConfig JsonConfig::with_override(const std::string& key, const std::string& json_text) const {
  if (!json_->contains(key)) {
    throw user_error(fmt::format("{}: cannot override '{}': unknown key", path_, key));
  }
  auto changed = std::make_shared<Json>(*json_);
  try {
    (*changed)[key] = Json::parse(json_text);
  } catch (const Json::exception& error) {
    throw user_error(fmt::format("override of '{}' is not JSON: {}", key, error.what()));
  }
  return {path_, std::move(changed)};
}

}  // namespace cox::engine
