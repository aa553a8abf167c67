#include "coordinator/report/data/sweep_notes.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "coordinator/report/data/row_reader.h"

namespace cox::report {

namespace {

using Json = nlohmann::json;

Result<std::vector<ResultTable>> tables_of(const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_array()) return internal_error("v_series.tables is not a JSON list");
  std::vector<ResultTable> tables;
  for (const Json& table : json) {
    tables.push_back({table.value("title", ""), table.value("rows", std::vector<std::string>{}),
                      table.value("columns", std::vector<std::string>{})});
  }
  return tables;
}

/// Reads v_series.report_settings: {"controls": [run, ...], "equivalence": {metric: margin, ...}}.
Status read_settings(const std::string& text, SweepNotes& notes) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return internal_error("v_series.report_settings is not a JSON object");
  notes.controls = json.value("controls", std::set<std::string>{});
  notes.margins = json.value("equivalence", std::map<std::string, double>{});
  return Status::ok();
}

/// The stored text begins with a line `# path` that the sweep file itself does not have.
std::string without_path_line(const std::string& text) {
  const std::size_t end = text.find('\n');
  return starts_with(text, "# ") && end != std::string::npos ? text.substr(end + 1) : text;
}

}  // namespace

std::string opening_comment(const std::string& sweep_text) {
  std::vector<std::string> lines;
  for (const std::string& line : split(sweep_text, '\n')) {
    if (!starts_with(line, "#")) break;
    lines.push_back(trim(std::string_view(line).substr(1)));
  }
  std::string text;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const bool paragraph = lines[i].empty() || (i > 0 && lines[i - 1].empty());
    if (i > 0) text += paragraph ? "\n" : " ";
    text += lines[i];
  }
  return trim(text);
}

Result<SweepNotes> stored_notes(const Query& query, const std::string& series) {
  COX_ASSIGN_OR_RETURN(const auto table,
                       query(fmt::format("SELECT title, baseline, tables, report_settings, "
                                         "sweep_text FROM v_series WHERE series = {}",
                                         sql_text(series))));
  if (table.rows.empty()) return not_found(fmt::format("no series '{}'", series));
  const RowReader row(table, 0);
  SweepNotes notes;
  notes.title = row.text("title");
  notes.question = opening_comment(without_path_line(row.text("sweep_text")));
  notes.baseline = row.text("baseline");
  COX_ASSIGN_OR_RETURN(notes.tables, tables_of(row.text("tables")));
  COX_RETURN_IF_ERROR(read_settings(row.text("report_settings"), notes));
  return notes;
}

}  // namespace cox::report
