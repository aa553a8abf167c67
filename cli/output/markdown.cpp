#include <algorithm>

#include "cli/output/format.h"
#include "cli/output/number.h"

namespace cox::cli {

namespace {

std::string escaped(const std::string& text) {
  std::string clean;
  for (const char c : printable(text)) {
    if (c == '|') clean += '\\';
    clean += c;
  }
  return clean;
}

bool is_numeric(const Rows& rows, size_t column) {
  return std::none_of(rows.cells.begin(), rows.cells.end(), [&](const auto& row) {
    return std::holds_alternative<std::string>(row[column]);
  });
}

}  // namespace

void write_markdown(std::ostream& out, const Rows& rows) {
  for (const std::string& column : rows.columns) out << "| " << escaped(column) << ' ';
  out << "|\n";
  for (size_t c = 0; c < rows.columns.size(); ++c)
    out << (is_numeric(rows, c) ? "| ---: " : "| --- ");
  out << "|\n";
  for (const auto& row : rows.cells) {
    for (size_t c = 0; c < row.size(); ++c) {
      out << "| " << escaped(readable_cell(rows.columns[c], row[c])) << ' ';
    }
    out << "|\n";
  }
}

}  // namespace cox::cli
