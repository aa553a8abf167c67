#include <cmath>
#include <nlohmann/json.hpp>

#include "cli/output/format.h"

namespace cox::cli {

namespace {

using Json = nlohmann::ordered_json;

Json json_of(const Cell& cell) {
  struct Printer {
    Json operator()(std::monostate) const { return nullptr; }
    Json operator()(std::int64_t value) const { return value; }
    Json operator()(double value) const {
      return std::isfinite(value) ? Json(value) : Json(nullptr);
    }
    Json operator()(const std::string& value) const { return value; }
  };
  return std::visit(Printer{}, cell);
}

Json object_of(const Rows& rows, size_t row) {
  Json object = Json::object();
  for (size_t c = 0; c < rows.columns.size(); ++c)
    object[rows.columns[c]] = json_of(rows.cells[row][c]);
  return object;
}

/// Bytes that are not UTF-8 (a path may hold any) become U+FFFD instead of ending the command.
std::string dumped(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

void write_json(std::ostream& out, const Rows& rows, const JsonSchema& schema) {
  Json document = {{"format", schema.text()}, {"columns", rows.columns}, {"rows", Json::array()}};
  for (size_t r = 0; r < rows.cells.size(); ++r) document["rows"].push_back(object_of(rows, r));
  out << dumped(document, 2) << '\n';
}

void write_json_lines(std::ostream& out, const Rows& rows) {
  for (size_t r = 0; r < rows.cells.size(); ++r) out << dumped(object_of(rows, r), -1) << '\n';
}

}  // namespace cox::cli
