#include <fmt/format.h>

#include <map>

#include "coordinator/report/data/names.h"
#include "coordinator/report/data/row_reader.h"
#include "coordinator/report/data/run_page.h"
#include "coordinator/report/statistics/histogram.h"
#include "coordinator/web/views.h"

namespace cox::web {

namespace {

/// One page of the run's finished items, in the order of the data set.
Result<OrderedJson> items_of(const report::Query& query, const std::string& where,
                             std::size_t offset, std::size_t limit) {
  COX_ASSIGN_OR_RETURN(
      const report::Table results,
      query(fmt::format("SELECT video AS item, train_s, generate_s, total_s, steps_run, best_step,"
                        " stopped, worker, job_digest FROM v_results WHERE {}"
                        " ORDER BY video_position LIMIT {} OFFSET {}",
                        where, limit, offset)));
  COX_ASSIGN_OR_RETURN(
      const report::Table metrics,
      query(fmt::format("SELECT video AS item, metric, mean FROM v_metrics WHERE {} AND"
                        " job_digest IN (SELECT job_digest FROM v_results WHERE {}"
                        " ORDER BY video_position LIMIT {} OFFSET {})",
                        where, where, limit, offset)));
  std::map<std::string, OrderedJson> by_item;
  for (std::size_t i = 0; i < metrics.rows.size(); ++i) {
    const report::RowReader row(metrics, i);
    by_item[row.text("item")][row.text("metric")] = report::json_of(metrics.rows[i][2]);
  }
  OrderedJson items = OrderedJson::array();
  for (std::size_t i = 0; i < results.rows.size(); ++i) {
    OrderedJson item = report::json_row(results, i);
    item["metrics"] = by_item[item["item"].get<std::string>()];
    items.push_back(std::move(item));
  }
  return items;
}

/// The metric's values over every finished item, in bins; none for a metric that the run does not
/// have.
Result<OrderedJson> distribution_of(const report::Query& query, const std::string& where,
                                    const std::string& metric) {
  COX_ASSIGN_OR_RETURN(
      const report::Table table,
      query(fmt::format("SELECT mean FROM v_metrics WHERE {} AND metric = {} AND mean IS NOT NULL",
                        where, report::sql_text(metric))));
  std::vector<double> values;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    values.push_back(report::RowReader(table, i).real("mean"));
  }
  OrderedJson bins = OrderedJson::array();
  for (const report::Bin& bin : report::histogram(values)) {
    bins.push_back({{"low", bin.low}, {"high", bin.high}, {"count", bin.count}});
  }
  return bins;
}

/// A column that holds a JSON object; null when it does not.
OrderedJson object_in(const report::RowReader& row, const char* column) {
  OrderedJson object = OrderedJson::parse(row.text(column), nullptr, false);
  return object.is_object() ? object : OrderedJson(nullptr);
}

}  // namespace

Result<OrderedJson> run_view(const report::Query& query, const Request& request) {
  COX_ASSIGN_OR_RETURN(const std::string text, request.required("run"));
  COX_ASSIGN_OR_RETURN(const std::size_t offset, request.number("offset", 0, 100'000'000));
  COX_ASSIGN_OR_RETURN(const std::size_t limit, request.number("limit", kDefaultPage, kMaxPage));
  COX_ASSIGN_OR_RETURN(const report::RunName name, report::find_run(query, text));
  COX_ASSIGN_OR_RETURN(const report::RunPage page, report::load_run_page(query, name));
  const std::string where = report::condition_of(name);
  COX_ASSIGN_OR_RETURN(OrderedJson items, items_of(query, where, offset, limit));
  const std::string asked = request.text("metric");
  const std::string metric = !asked.empty()       ? asked
                             : page.means.empty() ? ""
                                                  : page.means.front().metric.name;
  COX_ASSIGN_OR_RETURN(OrderedJson distribution, distribution_of(query, where, metric));
  const report::RowReader row(page.run, 0);
  OrderedJson means = OrderedJson::array();
  for (const report::MetricMean& mean : page.means) {
    means.push_back({{"metric", mean.metric.name},
                     {"unit", mean.metric.unit},
                     {"decimals", mean.metric.decimals},
                     {"higher_is_better", mean.metric.higher_is_better},
                     {"mean", mean.mean},
                     {"items", mean.videos}});
  }
  return OrderedJson{{"series", name.series},
                     {"run", name.run},
                     {"digest", name.digest},
                     {"state", report::json_row(page.run, 0)},
                     {"parameters", object_in(row, "parameters")},
                     {"origins", object_in(row, "origins")},
                     {"timings", rows_json(page.timings)},
                     {"means", std::move(means)},
                     {"metric", metric},
                     {"distribution", std::move(distribution)},
                     {"offset", offset},
                     {"items", std::move(items)}};
}

}  // namespace cox::web
