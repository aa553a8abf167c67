#include "coordinator/report/data/declared_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/text.h"
#include "coordinator/report/data/replicates.h"
#include "coordinator/report/data/row_reader.h"
#include "coordinator/report/statistics/summary.h"

namespace cox::report {

namespace {

/// The values of one column by run and video, NULL left out.
using ColumnValues = std::map<std::pair<std::string, std::string>, Cell>;

/// The columns among `names` that v_results has, each once.
Result<std::vector<std::string>> known_columns(const Query& query,
                                               const std::vector<std::string>& names) {
  COX_ASSIGN_OR_RETURN(const auto view, query("SELECT * FROM v_results LIMIT 0"));
  std::vector<std::string> known;
  for (const std::string& name : std::set<std::string>(names.begin(), names.end())) {
    const auto found = std::find(view.columns.begin(), view.columns.end(), name);
    if (found != view.columns.end()) known.push_back(name);
  }
  return known;
}

Result<std::vector<ColumnValues>> values_of_columns(const Query& query, const std::string& series,
                                                    const std::vector<std::string>& columns) {
  std::string sql = "SELECT run, video";
  for (const std::string& column : columns) sql += fmt::format(", \"{}\"", column);
  sql += fmt::format(" FROM v_results WHERE series = {}", sql_text(series));
  COX_ASSIGN_OR_RETURN(const auto table, query(sql));
  std::vector<ColumnValues> values(columns.size());
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const RowReader row(table, i);
    const std::pair key(row.text("run"), row.text("video"));
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const Cell& cell = table.rows[i][2 + c];
      if (!std::holds_alternative<std::monostate>(cell)) values[c].emplace(key, cell);
    }
  }
  return values;
}

/// The run itself, or the replicates that it averages.
std::vector<const RunData*> members_of(const RunData& run) {
  if (run.replicates.empty()) return {&run};
  std::vector<const RunData*> members;
  for (const RunData& replicate : run.replicates) members.push_back(&replicate);
  return members;
}

/// The one value of a run.
Cell value_of(const RunData& run, const ColumnValues& values) {
  std::vector<double> numbers;
  std::set<std::string> texts;
  const std::vector<const RunData*> members = members_of(run);
  for (const VideoResult& result : run.results) {
    std::vector<double> of_video;
    for (const RunData* member : members) {
      const auto found = values.find({member->name, result.video});
      if (found == values.end()) continue;
      if (const auto* text = std::get_if<std::string>(&found->second)) texts.insert(*text);
      if (const auto* real = std::get_if<double>(&found->second)) of_video.push_back(*real);
      if (const auto* whole = std::get_if<std::int64_t>(&found->second)) {
        of_video.push_back(static_cast<double>(*whole));
      }
    }
    if (of_video.size() == members.size()) numbers.push_back(*mean_of(std::move(of_video)));
  }
  if (texts.size() > 1) return "various";
  if (texts.size() == 1) return texts.begin()->empty() ? Cell() : Cell(*texts.begin());
  if (numbers.empty()) return Cell();
  return *mean_of(std::move(numbers));
}

}  // namespace

std::vector<std::string> columns_of(const std::vector<ResultTable>& tables) {
  std::vector<std::string> columns;
  for (const ResultTable& table : tables) {
    columns.insert(columns.end(), table.columns.begin(), table.columns.end());
  }
  return columns;
}

Result<DeclaredColumns> load_declared_columns(const Query& query, const std::string& series,
                                              const std::vector<std::string>& columns,
                                              const std::vector<RunData>& runs) {
  DeclaredColumns declared;
  if (columns.empty()) return declared;
  COX_ASSIGN_OR_RETURN(const std::vector<std::string> known, known_columns(query, columns));
  if (known.empty()) return declared;
  COX_ASSIGN_OR_RETURN(const auto values, values_of_columns(query, series, known));
  for (std::size_t c = 0; c < known.size(); ++c) {
    auto& cells = declared[known[c]];
    for (const RunData& run : runs) {
      for (const RunData* member : members_of(run)) {
        cells[member->name] = value_of(*member, values[c]);
      }
    }
    for (const RunData& run : runs) cells[run.name] = value_of(run, values[c]);
  }
  return declared;
}

}  // namespace cox::report
