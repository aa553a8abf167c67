#include "cli/output/format.h"
#include "coordinator/report/print/cell_json.h"

namespace cox::cli {

void write_json(std::ostream& out, const Table& table, const JsonSchema& schema) {
  report::OrderedJson document = {{"format", schema.text()},
                                  {"columns", table.columns},
                                  {"rows", report::OrderedJson::array()}};
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    document["rows"].push_back(report::json_row(table, r));
  }
  out << report::json_document(document);
}

void write_json_lines(std::ostream& out, const Table& table) {
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    out << report::json_line(report::json_row(table, r));
  }
}

}  // namespace cox::cli
