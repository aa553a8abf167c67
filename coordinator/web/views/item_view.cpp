#include <fmt/format.h>

#include "coordinator/report/data/row_reader.h"
#include "coordinator/web/views.h"

namespace cox::web {

namespace {

/// A column that holds JSON, or null.
OrderedJson json_in(const report::RowReader& row, const char* column) {
  OrderedJson value = OrderedJson::parse(row.text(column), nullptr, false);
  return value.is_discarded() ? OrderedJson(nullptr) : value;
}

}  // namespace

Result<OrderedJson> item_view(const report::Query& query, const Request& request) {
  COX_ASSIGN_OR_RETURN(const std::string series, request.required("series"));
  COX_ASSIGN_OR_RETURN(const std::string item, request.required("item"));
  const std::string where =
      fmt::format("series = {} AND video = {}", report::sql_text(series), report::sql_text(item));
  COX_ASSIGN_OR_RETURN(
      const report::Table table,
      query(fmt::format("SELECT run, method, job_digest, scored_frames, per_frame, losses,"
                        " anchor_losses, steps_run, best_step, stopped, generated_path,"
                        " reference_path, reference_digest FROM v_results WHERE {} LIMIT {}",
                        where, kMaxPage)));
  if (table.rows.empty()) {
    return not_found(fmt::format("no result of item '{}' in series '{}'", item, series));
  }
  OrderedJson runs = OrderedJson::array();
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const report::RowReader row(table, i);
    runs.push_back({{"run", row.text("run")},
                    {"method", row.text("method")},
                    {"job", row.text("job_digest")},
                    {"scored_frames", row.integer("scored_frames")},
                    {"per_frame", json_in(row, "per_frame")},
                    {"losses", json_in(row, "losses")},
                    {"anchor_losses", json_in(row, "anchor_losses")},
                    {"steps_run", row.integer("steps_run")},
                    {"best_step", row.integer("best_step")},
                    {"stopped", row.integer("stopped") != 0},
                    {"has_video", !row.text("generated_path").empty()},
                    {"has_reference", !row.text("reference_path").empty()}});
  }
  return OrderedJson{{"series", series}, {"item", item}, {"runs", std::move(runs)}};
}

}  // namespace cox::web
