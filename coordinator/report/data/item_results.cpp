#include "coordinator/report/data/item_results.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "coordinator/report/data/row_reader.h"

namespace cox::report {

namespace {

using Json = nlohmann::json;

Values values_of(const Json& list) {
  Values values;
  for (const Json& value : list) {
    values.push_back(value.is_number() ? std::optional(value.get<double>()) : std::nullopt);
  }
  return values;
}

/// A column that holds a list of numbers; "" = none.
Values list_in(const RowReader& row, const char* column) {
  const Json json = Json::parse(row.text(column), nullptr, false);
  return json.is_array() ? values_of(json) : Values{};
}

ItemResult item_result_of(const RowReader& row) {
  ItemResult result;
  result.run = row.text("run");
  result.method = row.text("method");
  result.job = row.text("job_digest");
  result.scored_frames = row.integer("scored_frames");
  const Json per_frame = Json::parse(row.text("per_frame"), nullptr, false);
  if (per_frame.is_object()) {
    for (const auto& [metric, values] : per_frame.items()) {
      if (values.is_array()) result.per_frame[metric] = values_of(values);
    }
  }
  result.losses = list_in(row, "losses");
  result.anchor_losses = list_in(row, "anchor_losses");
  result.steps_run = row.integer("steps_run");
  result.best_step = row.integer("best_step");
  result.stopped = row.integer("stopped") != 0;
  result.generated_path = row.text("generated_path");
  result.reference_path = row.text("reference_path");
  return result;
}

}  // namespace

Result<std::vector<ItemResult>> load_item_results(const Query& query, const std::string& series,
                                                  const std::string& item,
                                                  const std::vector<std::string>& runs) {
  if (runs.empty() || runs.size() > kMostItemResults) {
    return invalid_argument(fmt::format("expected 1 to {} runs of item '{}', got {}",
                                        kMostItemResults, item, runs.size()));
  }
  std::vector<std::string> names;
  for (const std::string& run : runs) names.push_back(sql_text(run));
  COX_ASSIGN_OR_RETURN(
      const Table table,
      query(fmt::format("SELECT run, method, job_digest, scored_frames, per_frame, losses,"
                        " anchor_losses, steps_run, best_step, stopped, generated_path,"
                        " reference_path FROM v_results WHERE series = {} AND video = {}"
                        " AND run IN ({})",
                        sql_text(series), sql_text(item), join(names, ", "))));
  std::vector<ItemResult> results;
  for (const std::string& run : runs) {
    std::size_t i = 0;
    while (i < table.rows.size() && RowReader(table, i).text("run") != run) ++i;
    if (i == table.rows.size()) {
      return not_found(fmt::format("run '{}/{}' has no result of item '{}'", series, run, item));
    }
    results.push_back(item_result_of(RowReader(table, i)));
  }
  return results;
}

Result<std::vector<ItemRun>> runs_of_item(const Query& query, const std::string& series,
                                          const std::string& item) {
  COX_ASSIGN_OR_RETURN(
      const Table table,
      query(fmt::format("SELECT n.run AS run, n.method AS method FROM v_names n"
                        " JOIN v_jobs j ON j.series = n.series AND j.run = n.run"
                        " WHERE n.series = {0} AND j.series = {0} AND j.video = {1}"
                        " AND j.state = 'done' ORDER BY n.position",
                        sql_text(series), sql_text(item))));
  if (table.rows.empty()) {
    return not_found(fmt::format("no result of item '{}' in series '{}'", item, series));
  }
  std::vector<ItemRun> runs;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const RowReader row(table, i);
    runs.push_back({row.text("run"), row.text("method")});
  }
  return runs;
}

}  // namespace cox::report
