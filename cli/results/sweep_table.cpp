#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/output/number.h"
#include "cli/results/series_results.h"
#include "coordinator/report/data/metrics.h"
#include "coordinator/report/data/replicates.h"
#include "coordinator/report/data/sweep_notes.h"
#include "coordinator/report/print/wording.h"
#include "coordinator/report/statistics/summary.h"

namespace cox::cli {

namespace {

using Json = nlohmann::json;

/// A run as the table reads it: every column of v_leaderboard and every parameter, by name.
using RunFields = std::map<std::string, Cell>;

Cell cell_of(const Json& json) {
  if (json.is_number_integer()) return json.get<std::int64_t>();
  if (json.is_number()) return json.get<double>();
  if (json.is_string()) return json.get<std::string>();
  return json.dump();
}

Result<std::map<std::string, RunFields>> fields_by_run(ResultSource& source,
                                                       const std::string& series) {
  std::map<std::string, RunFields> runs;
  COX_ASSIGN_OR_RETURN(
      const Rows board,
      source.query(concat("SELECT * FROM v_leaderboard WHERE series = ", sql_text(series))));
  for (const auto& row : board.cells) {
    RunFields fields;
    for (size_t c = 0; c < board.columns.size(); ++c) fields[board.columns[c]] = row[c];
    runs[readable_cell("", fields["run"])] = std::move(fields);
  }
  COX_ASSIGN_OR_RETURN(const Rows parameters,
                       source.query(concat("SELECT run, parameters FROM v_runs WHERE superseded = 0"
                                           " AND series = ",
                                           sql_text(series))));
  for (const auto& row : parameters.cells) {
    const Json json = Json::parse(readable_cell("", row[1]), nullptr, false);
    if (!json.is_object()) return internal_error("v_runs.parameters is not a JSON object");
    for (const auto& [name, value] : json.items()) {
      runs[readable_cell("", row[0])].emplace(name, cell_of(value));
    }
  }
  return runs;
}

/// What a column of v_results is for each run: the mean of numbers; of texts the one that all jobs
/// share, else "various".
Status add_result_column(ResultSource& source, const std::string& series, const std::string& column,
                         std::map<std::string, RunFields>& runs) {
  const std::string name = concat('"', column, '"');
  COX_ASSIGN_OR_RETURN(
      const Rows rows,
      source.query(concat("SELECT run, CASE WHEN typeof(min(", name, ")) <> 'text' THEN avg(", name,
                          ") WHEN min(", name, ") = max(", name, ") THEN min(", name,
                          ") ELSE 'various' END FROM v_results WHERE series = ", sql_text(series),
                          " GROUP BY run")));
  for (auto& [run, fields] : runs) fields.emplace(column, std::monostate{});
  for (const auto& row : rows.cells) runs[readable_cell("", row[0])][column] = row[1];
  return Status::ok();
}

/// The metric of a column like `psnr±`.
std::string stem_of(const std::string& column) {
  return column.substr(0, column.size() - std::string_view(report::kPlusMinus).size());
}

/// `psnr±`: the mean with its standard error over the run's finished videos.
Status add_metric_column(ResultSource& source, const std::string& series, const std::string& column,
                         std::map<std::string, RunFields>& runs) {
  const std::string name = stem_of(column);
  COX_ASSIGN_OR_RETURN(const report::Metric metric, report::metric_named(name));
  COX_ASSIGN_OR_RETURN(auto values, values_by_run(source, series, name));
  for (auto& [run, fields] : runs) {
    fields[column] = report::mean_text(report::summarized(values[run]), metric);
  }
  return Status::ok();
}

bool is_known_to_all(const std::map<std::string, RunFields>& runs, const std::string& column) {
  return std::all_of(runs.begin(), runs.end(),
                     [&](const auto& run) { return run.second.contains(column); });
}

/// The table's rows by run; one that names replicates without their number stands for each of them.
std::vector<std::string> rows_of(const ResultTable& table,
                                 const std::map<std::string, RunFields>& runs) {
  std::vector<std::string> rows;
  for (const std::string& name : table.rows) {
    const std::size_t before = rows.size();
    for (const auto& [run, fields] : runs) {
      if (report::is_replicate_of(run, name)) rows.push_back(run);
    }
    if (runs.contains(name) || rows.size() == before) {
      rows.resize(before);
      rows.push_back(name);
    }
  }
  return rows;
}

}  // namespace

Result<Rows> sweep_table(ResultSource& source, const std::string& series,
                         const ResultTable& table) {
  COX_ASSIGN_OR_RETURN(auto runs, fields_by_run(source, series));
  COX_ASSIGN_OR_RETURN(const Rows known, source.query("SELECT * FROM v_results LIMIT 0"));
  const auto is_measured = [&](const std::string& column) {
    return std::find(known.columns.begin(), known.columns.end(), column) != known.columns.end();
  };
  for (const std::string& column : table.columns) {
    if (ends_with(column, report::kPlusMinus) && is_measured(stem_of(column))) {
      COX_RETURN_IF_ERROR(add_metric_column(source, series, column, runs));
    } else if (is_measured(column) && !is_known_to_all(runs, column)) {
      COX_RETURN_IF_ERROR(add_result_column(source, series, column, runs));
    }
  }
  Rows rows{{"run", "done", "videos"}, {}};
  for (const std::string& column : table.columns) rows.columns.push_back(column);
  for (const std::string& run : rows_of(table, runs)) {
    auto& cells = rows.cells.emplace_back();
    RunFields& fields = runs[run];
    fields.emplace("run", run);
    for (const std::string& column : rows.columns) cells.push_back(fields[column]);
  }
  return rows;
}

}  // namespace cox::cli
