#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "coordinator/report/compare/series_report.h"
#include "coordinator/report/data/queue_status.h"
#include "coordinator/report/figures/figures.h"
#include "coordinator/report/print/report_json.h"
#include "coordinator/report/print/report_tables.h"
#include "coordinator/report/print/wording.h"
#include "coordinator/web/views.h"

namespace cox::web {

namespace {

OrderedJson text_table_json(const report::TextTable& table) {
  return {{"columns", table.columns}, {"rows", table.rows}};
}

/// What the figures show besides the report: what the runs cost, which of them no run beats, and
/// the grid of each two factors.
void add_figures(const report::SeriesReport& report, OrderedJson& document) {
  const auto front = report::cost_front(report);
  for (std::size_t i = 0; i < report.runs.size(); ++i) {
    const report::RunData& run = report.runs[i];
    OrderedJson& entry = document["report"]["runs"][i];
    const auto seconds = report::adaptation_seconds(run);
    entry["adaptation_s"] = seconds ? OrderedJson(*seconds) : OrderedJson(nullptr);
    entry["front"] = std::find(front.begin(), front.end(), &run) != front.end();
    entry["treated"] =
        std::find(report.treated.begin(), report.treated.end(), i) != report.treated.end();
  }
  document["grids"] = OrderedJson::array();
  for (std::size_t r = 0; r < report.factors.size(); ++r) {
    for (std::size_t c = r + 1; c < report.factors.size(); ++c) {
      const std::string& rows = report.factors[r].name;
      const std::string& columns = report.factors[c].name;
      OrderedJson cells = OrderedJson::array();
      for (const report::GridCell& cell : report::grid_cells(report, rows, columns)) {
        cells.push_back(
            {{"row", cell.row}, {"column", cell.column}, {"mean", cell.mean}, {"runs", cell.runs}});
      }
      document["grids"].push_back(
          {{"rows", rows}, {"columns", columns}, {"cells", std::move(cells)}});
    }
  }
}

/// The leaderboard as `cox report` prints it, and the metrics that it may be sorted by.
void add_tables(const report::SeriesReport& report, OrderedJson& document) {
  document["leaderboard"] = text_table_json(report::leaderboard(report));
  document["metrics"] = OrderedJson::array();
  for (const report::Metric& metric : report.metrics) {
    document["metrics"].push_back(metric_json(metric));
  }
  document["declared"] = OrderedJson::array();
  for (const ResultTable& declared : report.notes.tables) {
    document["declared"].push_back(
        {{"title", declared.title},
         {"table", text_table_json(report::declared_text_table(report, declared))}});
  }
}

}  // namespace

Result<OrderedJson> series_summary(const report::Query& query, const Request& request) {
  COX_ASSIGN_OR_RETURN(const std::string series, request.required("series"));
  COX_ASSIGN_OR_RETURN(const report::SweepNotes notes, report::stored_notes(query, series));
  COX_ASSIGN_OR_RETURN(
      const report::Table means,
      query(fmt::format("SELECT run, method, done, videos, train_s, {} FROM v_leaderboard"
                        " WHERE series = {} ORDER BY position LIMIT {}",
                        join(report::metric_columns(), ", "), report::sql_text(series), kMaxPage)));
  const report::Table runs = report::without_empty_columns(means, means.columns);
  OrderedJson document = {{"series", series},
                          {"title", notes.title},
                          {"question", notes.question},
                          {"metrics", OrderedJson::array()},
                          {"runs", rows_json(runs)}};
  for (const std::string& name : report::metric_columns()) {
    if (std::find(runs.columns.begin(), runs.columns.end(), name) == runs.columns.end()) continue;
    COX_ASSIGN_OR_RETURN(const report::Metric metric, report::metric_named(name));
    document["metrics"].push_back(metric_json(metric));
  }
  return document;
}

Result<OrderedJson> series_view(const report::Query& query, const Request& request) {
  COX_ASSIGN_OR_RETURN(const std::string series, request.required("series"));
  COX_ASSIGN_OR_RETURN(const report::Table status, report::run_status(query, series));
  COX_ASSIGN_OR_RETURN(const report::SweepNotes notes, report::stored_notes(query, series));
  OrderedJson document = {{"series", series},           {"title", notes.title},
                          {"question", notes.question}, {"runs", rows_json(status)},
                          {"report", nullptr},          {"why", ""}};
  report::ReportOptions options{request.text("baseline"), request.text("metric"), "", true};
  options.set_intervals = false;  // seconds of work, which a page must not wait for
  const Result<report::SeriesReport> report = report::report_on(query, series, notes, options);
  if (report.status().code() == StatusCode::kFailedPrecondition) {
    document["why"] = report.status().message();
    return document;
  }
  COX_RETURN_IF_ERROR(report.status());
  document["report"] = report::report_document(*report);
  add_tables(*report, document);
  add_figures(*report, document);
  return document;
}

}  // namespace cox::web
