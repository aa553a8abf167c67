#include "coordinator/report/vbench/result_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/text.h"

namespace cox::report {

namespace {

using Json = nlohmann::json;

constexpr const char* kPublishedFormat = "cox-vbench-published/1";

Result<Json> read_json(const std::string& path) {
  COX_ASSIGN_OR_RETURN(const std::string text, read_file(path));
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_object()) return json;
  return invalid_argument(fmt::format("{}: expected a JSON map", path));
}

std::string dimension_name(std::string name) {
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
}

Status unknown_dimension(const std::string& path, const std::string& name) {
  std::vector<std::string> known;
  for (const VbenchDimension& dimension : vbench_dimensions()) known.emplace_back(dimension.name);
  const std::string near = nearest_name(name, known);
  return invalid_argument(
      fmt::format("{}: unknown dimension '{}' of VBench{}", path, name,
                  near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
}

Result<double> finite(const std::string& path, const std::string& what, const Json& value) {
  if (value.is_number() && std::isfinite(value.get<double>())) return value.get<double>();
  return invalid_argument(
      fmt::format("{}: {}: expected a finite number, got {}", path, what, value.dump()));
}

Result<std::string> string_of(const std::string& path, const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found != json.end() && found->is_string()) return found->get<std::string>();
  return invalid_argument(fmt::format("{}: expected a string '{}'", path, key));
}

Result<PublishedVbenchRow> read_row(const std::string& path, const Json& json) {
  if (!json.is_object()) return invalid_argument(fmt::format("{}: expected rows of maps", path));
  PublishedVbenchRow row;
  COX_ASSIGN_OR_RETURN(row.name, string_of(path, json, "name"));
  const auto scores = json.find("scores");
  if (scores == json.end() || !scores->is_object()) {
    return invalid_argument(fmt::format("{}: row '{}': expected a map 'scores'", path, row.name));
  }
  for (const auto& [name, value] : scores->items()) {
    COX_ASSIGN_OR_RETURN(const double score,
                         finite(path, fmt::format("row '{}', {}", row.name, name), value));
    if (name == "quality_score") {
      row.quality = score;
    } else if (name == "semantic_score") {
      row.semantic = score;
    } else if (name == "total_score") {
      row.total = score;
    } else if (find_vbench_dimension(name) != nullptr) {
      row.scores[name] = score;
    } else {
      return unknown_dimension(path, name);
    }
  }
  return row;
}

}  // namespace

Result<VbenchScores> read_vbench_results(const std::string& path) {
  COX_ASSIGN_OR_RETURN(const Json json, read_json(path));
  VbenchScores scores;
  for (const auto& [key, value] : json.items()) {
    const std::string name = dimension_name(key);
    if (find_vbench_dimension(name) == nullptr) return unknown_dimension(path, key);
    if (!value.is_array() || value.empty()) {
      return invalid_argument(fmt::format("{}: {}: expected [score, [results of videos]], got {}",
                                          path, key, value.type_name()));
    }
    COX_ASSIGN_OR_RETURN(scores[name], finite(path, key, value[0]));
  }
  if (!scores.empty()) return scores;
  return invalid_argument(fmt::format("{}: expected at least one dimension, got none", path));
}

Result<PublishedVbench> read_published_vbench(const std::string& path) {
  COX_ASSIGN_OR_RETURN(const Json json, read_json(path));
  COX_ASSIGN_OR_RETURN(const std::string format, string_of(path, json, "format"));
  if (format != kPublishedFormat) {
    return invalid_argument(
        fmt::format("{}: format: expected '{}', got '{}'", path, kPublishedFormat, format));
  }
  PublishedVbench published;
  COX_ASSIGN_OR_RETURN(published.source, string_of(path, json, "source"));
  const auto rows = json.find("rows");
  if (rows == json.end() || !rows->is_array()) {
    return invalid_argument(fmt::format("{}: expected a list 'rows'", path));
  }
  for (const Json& row : *rows) {
    COX_ASSIGN_OR_RETURN(PublishedVbenchRow read, read_row(path, row));
    published.rows.push_back(std::move(read));
  }
  return published;
}

}  // namespace cox::report
