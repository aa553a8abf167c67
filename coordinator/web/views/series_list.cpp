#include <fmt/format.h>

#include <map>

#include "coordinator/report/data/queue_status.h"
#include "coordinator/report/data/row_reader.h"
#include "coordinator/web/views.h"

namespace cox::web {

namespace {

/// The rate of a series is measured over its jobs among this many of the latest events.
constexpr int kRateEvents = 500;

struct Rate {
  double jobs_per_minute = 0;
  std::int64_t last_us = 0;
};

/// Jobs per minute of each series that finished at least two jobs lately.
Result<std::map<std::string, Rate>> recent_rates(const report::Query& query) {
  COX_ASSIGN_OR_RETURN(
      const report::Table table,
      query(fmt::format("SELECT series, count(*) AS n, min(time_us) AS first_us,"
                        " max(time_us) AS last_us FROM (SELECT series, time_us, kind FROM v_journal"
                        " ORDER BY sequence DESC LIMIT {}) WHERE kind = 'done' GROUP BY series",
                        kRateEvents)));
  std::map<std::string, Rate> rates;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const report::RowReader row(table, i);
    const std::int64_t last = row.integer("last_us");
    const double minutes = static_cast<double>(last - row.integer("first_us")) / 60e6;
    if (minutes <= 0) continue;
    rates[row.text("series")] = {static_cast<double>(row.integer("n") - 1) / minutes, last};
  }
  return rates;
}

}  // namespace

Result<OrderedJson> series_list(const report::Query& query, const Request& /*request*/) {
  COX_ASSIGN_OR_RETURN(const report::Table table, report::series_status(query));
  COX_ASSIGN_OR_RETURN(const auto rates, recent_rates(query));
  COX_ASSIGN_OR_RETURN(const report::Table titles, query("SELECT series, title FROM v_series"));
  std::map<std::string, std::string> title_of;
  for (std::size_t i = 0; i < titles.rows.size(); ++i) {
    const report::RowReader row(titles, i);
    title_of[row.text("series")] = row.text("title");
  }
  OrderedJson list = OrderedJson::array();
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const report::RowReader row(table, i);
    const std::string name = row.text("series");
    OrderedJson entry = report::json_row(table, i);
    entry["title"] = title_of[name];
    const std::int64_t open =
        row.integer("queued") + row.integer("blocked") + row.integer("leased");
    const auto rate = rates.find(name);
    entry["open"] = open;
    entry["jobs_per_minute"] = nullptr;
    entry["seconds_left"] = nullptr;
    if (rate != rates.end()) {
      entry["jobs_per_minute"] = rate->second.jobs_per_minute;
      entry["last_us"] = rate->second.last_us;
      if (open > 0 && rate->second.jobs_per_minute > 0) {
        entry["seconds_left"] = 60.0 * static_cast<double>(open) / rate->second.jobs_per_minute;
      }
    }
    list.push_back(std::move(entry));
  }
  return OrderedJson{{"source", query.source()}, {"series", std::move(list)}};
}

}  // namespace cox::web
