#include <nlohmann/json.hpp>

#include "base/text.h"
#include "coordinator/sweep/plan.h"

namespace cox::sweep {

using Json = nlohmann::ordered_json;

std::string origin_text(const Origin& origin) {
  if (origin.layer == "schema") return concat("default of ", origin.file);
  if (origin.layer == "preset") return concat("preset of ", origin.file);
  if (origin.layer == "set") return "--set";
  return concat(origin.file, ':', origin.line, ':', origin.column, " (", origin.layer, ')');
}

std::string origins_json(const Run& run) {
  Json json = Json::object();
  for (const auto& [name, origin] : run.origins) {
    if (origin.layer == "schema") continue;
    json[name] = {{"layer", origin.layer}, {"file", origin.file}};
    if (origin.line == 0) continue;
    json[name]["line"] = origin.line;
    json[name]["column"] = origin.column;
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<std::map<std::string, Origin>> origins_from_json(const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return invalid_argument("the origins of a run are no JSON object");
  std::map<std::string, Origin> origins;
  for (const auto& [name, entry] : json.items()) {
    if (!entry.is_object()) {
      return invalid_argument(concat("the origin of '", name, "' is no JSON object"));
    }
    origins[name] = {entry.value("file", ""), entry.value("line", 0), entry.value("column", 0),
                     entry.value("layer", "")};
  }
  return origins;
}

}  // namespace cox::sweep
