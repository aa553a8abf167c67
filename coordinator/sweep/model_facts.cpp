#include "coordinator/sweep/model_facts.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/file.h"

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

Result<ModelFacts> read_model_facts(const std::string& directory,
                                    const std::map<std::string, std::string>& keys) {
  ModelFacts facts;
  std::map<std::string, nlohmann::ordered_json> configs;
  for (const auto& [fact, location] : keys) {
    const std::string folder = location.substr(0, location.find('.'));
    const std::string key = location.substr(folder.size() + 1);
    const std::string path = directory + "/" + folder + "/config.json";
    if (configs.count(folder) == 0) {
      COX_ASSIGN_OR_RETURN(configs[folder], read_config(path));
    }
    const auto value = configs[folder].find(key);
    if (value == configs[folder].end()) continue;
    if (!value->is_number_integer()) {
      return invalid_argument(fmt::format("'{}': expected a whole number under '{}', got {}", path,
                                          key, value->dump()));
    }
    facts[fact] = value->get<std::int64_t>();
  }
  return facts;
}

}  // namespace cox::sweep
