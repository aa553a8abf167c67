#include "coordinator/sweep/origin.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace cox::sweep {

namespace {

using Json = nlohmann::ordered_json;

bool is_origin(const Json& entry) {
  if (!entry.is_object()) return false;
  for (const auto& [key, value] : entry.items()) {
    const bool is_number = key == "line" || key == "column";
    if (is_number ? !value.is_number_integer() : !value.is_string()) return false;
  }
  return true;
}

}  // namespace

std::string origin_text(const Origin& origin) {
  if (origin.layer == "schema") return fmt::format("default of {}", origin.file);
  if (origin.layer == "preset") return fmt::format("preset of {}", origin.file);
  if (origin.layer == "set") return "--set";
  return fmt::format("{}:{}:{} ({})", origin.file, origin.line, origin.column, origin.layer);
}

std::string origins_json(const Origins& origins) {
  Json json = Json::object();
  for (const auto& [name, origin] : origins) {
    if (origin.layer == "schema") continue;
    json[name] = {{"layer", origin.layer}, {"file", origin.file}};
    if (origin.line == 0) continue;
    json[name]["line"] = origin.line;
    json[name]["column"] = origin.column;
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Origins> origins_from_json(const std::string& text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return invalid_argument("origins of a run: expected a JSON object");
  Origins origins;
  for (const auto& [name, entry] : json.items()) {
    if (!is_origin(entry)) {
      return invalid_argument(
          fmt::format("origin of '{}': expected an object with the strings `file` and `layer` and "
                      "the whole numbers `line` and `column`",
                      name));
    }
    origins[name] = {entry.value("file", ""), entry.value("line", 0), entry.value("column", 0),
                     entry.value("layer", "")};
  }
  return origins;
}

}  // namespace cox::sweep
