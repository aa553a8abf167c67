#include "coordinator/report/print/text_table.h"

#include <algorithm>

namespace cox::report {

namespace {

std::string cell(const std::string& text) {
  std::string clean;
  for (const char c : text) {
    if (c == '|') clean += '\\';
    clean += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return clean;
}

/// Whether every cell is a number, an interval, a bound or absent.
bool is_numeric(const TextTable& table, std::size_t column) {
  return std::all_of(table.rows.begin(), table.rows.end(), [column](const auto& row) {
    return !row[column].empty() &&
           std::string("0123456789-[<").find(row[column].front()) != std::string::npos;
  });
}

std::string line(const std::vector<std::string>& cells) {
  std::string text;
  for (const std::string& each : cells) text += "| " + cell(each) + " ";
  return text + "|\n";
}

}  // namespace

TextTable TextTable::without_empty_columns() const {
  TextTable less;
  less.rows.resize(rows.size());
  for (std::size_t c = 0; c < columns.size(); ++c) {
    const bool empty =
        std::all_of(rows.begin(), rows.end(), [c](const auto& row) { return row[c] == "-"; });
    if (c > 0 && empty) continue;
    less.columns.push_back(columns[c]);
    for (std::size_t r = 0; r < rows.size(); ++r) less.rows[r].push_back(rows[r][c]);
  }
  return less;
}

std::string markdown(const TextTable& table) {
  std::string text = line(table.columns);
  for (std::size_t c = 0; c < table.columns.size(); ++c)
    text += is_numeric(table, c) ? "| ---: " : "| --- ";
  text += "|\n";
  for (const auto& row : table.rows) text += line(row);
  return text + '\n';
}

}  // namespace cox::report
