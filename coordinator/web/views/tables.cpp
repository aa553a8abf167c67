#include "coordinator/web/views.h"

namespace cox::web {

OrderedJson table_json(const report::Table& table) {
  OrderedJson rows = OrderedJson::array();
  for (const report::Row& row : table.rows) {
    OrderedJson cells = OrderedJson::array();
    for (const report::Cell& cell : row) cells.push_back(report::json_of(cell));
    rows.push_back(std::move(cells));
  }
  return {{"columns", table.columns}, {"rows", std::move(rows)}};
}

OrderedJson metric_json(const report::Metric& metric) {
  return {{"name", metric.name},
          {"unit", metric.unit},
          {"higher_is_better", metric.higher_is_better},
          {"decimals", metric.decimals}};
}

OrderedJson rows_json(const report::Table& table) {
  OrderedJson rows = OrderedJson::array();
  for (std::size_t i = 0; i < table.rows.size(); ++i) rows.push_back(report::json_row(table, i));
  return rows;
}

}  // namespace cox::web
