#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace cox::engine {

/// Typed access to a config.json. A missing key, a null or a wrong type throws EngineError(kUser)
/// that names file, key, expected and got. Immutable and cheap to copy.
class JsonConfig {
 public:
  static JsonConfig read(const std::string& path);
  /// Messages use `origin` as the file's path.
  static JsonConfig parse(const std::string& text, const std::string& origin);

  bool has(const std::string& key) const;  ///< present and not null
  int64_t integer(const std::string& key) const;
  double real(const std::string& key) const;
  bool boolean(const std::string& key) const;
  std::string text(const std::string& key) const;
  std::vector<int64_t> integers(const std::string& key) const;
  std::vector<double> reals(const std::string& key) const;
  std::vector<bool> booleans(const std::string& key) const;
  std::map<std::string, std::string> text_map(const std::string& key) const;

  /// Returns a nested object. Messages name it `path:key`.
  JsonConfig object(const std::string& key) const;

  /// Returns a copy with one entry replaced by parsed JSON. The key must exist.
  JsonConfig with_override(const std::string& key, const std::string& json_text) const;
  /// Returns the object as JSON with sorted keys.
  std::string dump() const;
  const std::string& path() const { return path_; }

 private:
  JsonConfig(std::string path, std::shared_ptr<const nlohmann::json> json)
      : path_(std::move(path)), json_(std::move(json)) {}
  template <typename T>
  T get(const std::string& key, const char* expected) const;

  std::string path_;
  std::shared_ptr<const nlohmann::json> json_;
};

}  // namespace cox::engine
