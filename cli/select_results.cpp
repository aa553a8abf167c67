#include "cli/select_results.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "base/text.h"
#include "coordinator/report/data/declared_columns.h"
#include "coordinator/report/data/row_reader.h"
#include "coordinator/report/data/run_means.h"
#include "coordinator/report/print/series_tables.h"
#include "coordinator/sweep/best_run.h"

namespace cox::cli {

namespace {

/// The other columns of v_names for a run.
struct Labels {
  std::string tags;
  std::string note;
};

Result<std::map<std::string, Labels>> labels_of_runs(const report::Query& query,
                                                     const std::string& series) {
  COX_ASSIGN_OR_RETURN(const Table table,
                       query(fmt::format("SELECT run, tags, note FROM v_names WHERE series = {}",
                                         report::sql_text(series))));
  std::map<std::string, Labels> labels;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const report::RowReader row(table, i);
    labels[row.text("run")] = {row.text("tags"), row.text("note")};
  }
  return labels;
}

bool has_tags(const std::string& tags, const std::vector<std::string>& wanted) {
  std::vector<std::string> present;
  for (const std::string& tag : split(tags, ',')) present.push_back(trim(tag));
  return std::all_of(wanted.begin(), wanted.end(), [&](const std::string& tag) {
    return std::find(present.begin(), present.end(), tag) != present.end();
  });
}

std::optional<Value> text_value(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(Value(text));
}

std::vector<std::string> parameter_names(const std::vector<report::RunData>& runs) {
  std::set<std::string> names;
  for (const report::RunData& run : runs) {
    for (const auto& [name, value] : run.parameters) names.insert(name);
  }
  return {names.begin(), names.end()};
}

/// Everything that a further column of a run may come from.
struct RunColumns {
  std::vector<report::RunData> runs;  ///< in the order of the rows
  std::map<std::string, Labels> labels;
  report::DeclaredColumns others;

  std::optional<Value> value(std::size_t row, const std::string& name) const {
    const report::RunData& run = runs[row];
    if (name == "series") return Value(run.series);
    if (name == "method") return Value(run.method);
    if (name == "tags") return text_value(labels.at(run.name).tags);
    if (name == "note") return text_value(labels.at(run.name).note);
    if (const auto found = run.parameters.find(name); found != run.parameters.end()) {
      return sweep::value_of_json(found->second);
    }
    if (std::find(report::kStages.begin(), report::kStages.end(), name) != report::kStages.end()) {
      const auto mean = report::stage_mean(run, name);
      return mean ? std::optional(Value(*mean)) : std::nullopt;
    }
    const auto column = others.find(name);
    if (column == others.end()) return std::nullopt;
    const auto cell = column->second.find(run.name);
    return cell == column->second.end() ? std::nullopt : value_of(cell->second);
  }
};

void append(std::vector<std::string>& all, const std::vector<std::string>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

}  // namespace

Result<SelectableRows> selectable_runs(const report::Query& query, const std::string& series,
                                       const std::vector<std::string>& wanted,
                                       const std::vector<std::string>& tags) {
  COX_ASSIGN_OR_RETURN(report::SeriesResults results, report::load_series_results(query, series));
  auto columns = std::make_shared<RunColumns>();
  COX_ASSIGN_OR_RETURN(columns->labels, labels_of_runs(query, series));
  std::erase_if(results.runs, [&](const report::RunData& run) {
    return !has_tags(columns->labels[run.name].tags, tags);
  });
  COX_ASSIGN_OR_RETURN(columns->others,
                       report::load_declared_columns(query, series, wanted, results.runs));
  COX_ASSIGN_OR_RETURN(const Table view, query("SELECT * FROM v_results LIMIT 0"));
  SelectableRows rows;
  rows.shown = report::series_means(results);
  rows.keys = {"run"};
  rows.names = {"series", "method", "tags", "note"};
  append(rows.names, parameter_names(results.runs));
  append(rows.names, view.columns);
  columns->runs = std::move(results.runs);
  rows.value = [columns](std::size_t row, const std::string& name) {
    return columns->value(row, name);
  };
  return rows;
}

Result<SelectableRows> selectable_jobs(const report::Query& query, const std::string& series,
                                       Table table) {
  COX_ASSIGN_OR_RETURN(
      const Table runs,
      query(fmt::format("SELECT run, parameters FROM v_runs WHERE series = {} AND superseded = 0",
                        report::sql_text(series))));
  auto parameters = std::make_shared<std::map<std::string, std::map<std::string, std::string>>>();
  std::set<std::string> names;
  for (std::size_t i = 0; i < runs.rows.size(); ++i) {
    const report::RowReader row(runs, i);
    COX_ASSIGN_OR_RETURN(auto of_run, report::parameters_of(row.text("parameters")));
    for (const auto& [name, value] : of_run) names.insert(name);
    (*parameters)[row.text("run")] = std::move(of_run);
  }
  SelectableRows rows;
  auto names_of_rows = std::make_shared<std::vector<std::string>>();
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    names_of_rows->push_back(report::RowReader(table, i).text("run"));
  }
  rows.shown = std::move(table);
  rows.keys = {"run", "video"};
  rows.names.assign(names.begin(), names.end());
  rows.value = [parameters, names_of_rows](std::size_t row,
                                           const std::string& name) -> std::optional<Value> {
    const auto run = parameters->find((*names_of_rows)[row]);
    if (run == parameters->end()) return std::nullopt;
    const auto value = run->second.find(name);
    if (value == run->second.end()) return std::nullopt;
    return sweep::value_of_json(value->second);
  };
  return rows;
}

}  // namespace cox::cli
