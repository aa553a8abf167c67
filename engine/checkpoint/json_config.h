#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace cox::engine {

/// A config.json with typed access. A missing key, a null or a wrong type throws EngineError(kUser)
/// naming file, key, expected and got. Immutable and cheap to copy.
class JsonConfig {
 public:
  static JsonConfig read(const std::string& path);
  /// `origin` stands for the file's path in messages.
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

  /// A nested object; messages name it as `path:key`.
  JsonConfig object(const std::string& key) const;

  /// The same with one entry replaced by a JSON text; the key must exist already.
  JsonConfig with_override(const std::string& key, const std::string& json_text) const;
  /// As a JSON text, keys in order.
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
