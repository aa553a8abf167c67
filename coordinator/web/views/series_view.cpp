#include "coordinator/report/compare/series_report.h"
#include "coordinator/report/data/queue_status.h"
#include "coordinator/report/print/report_json.h"
#include "coordinator/report/print/report_tables.h"
#include "coordinator/report/print/wording.h"
#include "coordinator/web/views.h"

namespace cox::web {

namespace {

OrderedJson text_table_json(const report::TextTable& table) {
  return {{"columns", table.columns}, {"rows", table.rows}};
}

/// The leaderboard as `cox report` prints it, and the metrics that it may be sorted by.
void add_tables(const report::SeriesReport& report, OrderedJson& document) {
  document["leaderboard"] = text_table_json(report::leaderboard(report));
  document["metrics"] = OrderedJson::array();
  for (const report::Metric& metric : report.metrics) {
    document["metrics"].push_back({{"name", metric.name},
                                   {"unit", metric.unit},
                                   {"higher_is_better", metric.higher_is_better},
                                   {"decimals", metric.decimals}});
  }
  document["declared"] = OrderedJson::array();
  for (const ResultTable& declared : report.notes.tables) {
    document["declared"].push_back(
        {{"title", declared.title},
         {"table", text_table_json(report::declared_text_table(report, declared))}});
  }
}

}  // namespace

Result<OrderedJson> series_view(const report::Query& query, const Request& request) {
  COX_ASSIGN_OR_RETURN(const std::string series, request.required("series"));
  COX_ASSIGN_OR_RETURN(const report::Table status, report::run_status(query, series));
  COX_ASSIGN_OR_RETURN(const report::SweepNotes notes, report::stored_notes(query, series));
  OrderedJson document = {{"series", series},           {"title", notes.title},
                          {"question", notes.question}, {"runs", rows_json(status)},
                          {"report", nullptr},          {"why", ""}};
  report::ReportOptions options{request.text("baseline"), request.text("metric")};
  options.set_intervals = false;  // seconds of work, which a page must not wait for
  const Result<report::SeriesReport> report = report::report_on(query, series, notes, options);
  if (report.status().code() == StatusCode::kFailedPrecondition) {
    document["why"] = report.status().message();
    return document;
  }
  COX_RETURN_IF_ERROR(report.status());
  document["report"] = report::report_document(*report);
  add_tables(*report, document);
  return document;
}

}  // namespace cox::web
