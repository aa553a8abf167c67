#include "coordinator/report/print/cell_json.h"

#include <cmath>

namespace cox::report {

namespace {

std::string dumped(const OrderedJson& json, int indent) {
  return json.dump(indent, ' ', false, OrderedJson::error_handler_t::replace) + '\n';
}

}  // namespace

OrderedJson json_of(const store::Cell& cell) {
  struct Printer {
    OrderedJson operator()(std::monostate) const { return nullptr; }
    OrderedJson operator()(std::int64_t value) const { return value; }
    OrderedJson operator()(double value) const {
      return std::isfinite(value) ? OrderedJson(value) : OrderedJson(nullptr);
    }
    OrderedJson operator()(const std::string& value) const { return value; }
  };
  return std::visit(Printer{}, cell);
}

OrderedJson json_row(const store::Table& table, std::size_t row) {
  OrderedJson object = OrderedJson::object();
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    object[table.columns[c]] = json_of(table.rows[row][c]);
  }
  return object;
}

std::string json_document(const OrderedJson& json) { return dumped(json, 2); }

std::string json_line(const OrderedJson& json) { return dumped(json, -1); }

}  // namespace cox::report
