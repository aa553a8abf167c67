#include "coordinator/sweep/model_facts.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/text.h"

namespace cox::sweep {

namespace {

constexpr std::size_t kMaxConfigBytes = 16 << 20;

Result<nlohmann::ordered_json> read_config(const std::string& path) {
  COX_ASSIGN_OR_RETURN(const std::string text, read_text_file(path, kMaxConfigBytes));
  auto json = nlohmann::ordered_json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_object()) return json;
  return invalid_argument(fmt::format("'{}': expected a JSON object", path));
}

}  // namespace

std::optional<std::int64_t> fact_of(const std::string& place, const FindSize& find) {
  std::optional<std::int64_t> total;
  std::string operation;
  for (const std::string& word : split(place, ' ')) {
    if (word == "+" || word == "*") {
      operation = word;
      continue;
    }
    const std::size_t dot = word.find('.');
    const auto size = find(word.substr(0, dot), word.substr(dot + 1));
    if (!size) return std::nullopt;
    total = !total ? *size : operation == "+" ? *total + *size : *total * *size;
  }
  return total;
}

Result<ModelFacts> read_model_facts(const std::string& directory,
                                    const std::map<std::string, std::string>& keys) {
  ModelFacts facts;
  std::map<std::string, nlohmann::ordered_json> configs;
  Status status = Status::ok();
  const auto find = [&](const std::string& folder,
                        const std::string& key) -> std::optional<std::int64_t> {
    const std::string path = directory + "/" + folder + "/config.json";
    if (configs.count(folder) == 0) {
      auto config = read_config(path);
      if (!config.is_ok()) {
        status = config.status();
        return std::nullopt;
      }
      configs[folder] = std::move(config).value();
    }
    const auto value = configs[folder].find(key);
    if (value == configs[folder].end()) return std::nullopt;
    if (value->is_number_integer()) return value->get<std::int64_t>();
    status = invalid_argument(
        fmt::format("'{}': expected a whole number under '{}', got {}", path, key, value->dump()));
    return std::nullopt;
  };
  for (const auto& [fact, place] : keys) {
    const auto size = fact_of(place, find);
    COX_RETURN_IF_ERROR(status);
    if (size) facts[fact] = *size;
  }
  return facts;
}

}  // namespace cox::sweep
