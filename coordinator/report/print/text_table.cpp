#include "coordinator/report/print/text_table.h"

#include <algorithm>
#include <cctype>

#include "coordinator/report/data/words.h"
#include "coordinator/report/print/number.h"

namespace cox::report {

namespace {

using store::Cell;
using store::Table;

std::string escaped(const std::string& text) {
  std::string clean;
  for (const char c : text) {
    if (c == '|') clean += '\\';
    clean += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return without_tags(clean);
}

bool holds_no_text(const Table& table, std::size_t column) {
  return std::none_of(table.rows.begin(), table.rows.end(), [column](const auto& row) {
    return std::holds_alternative<std::string>(row[column]);
  });
}

std::string line(const std::vector<std::string>& cells) {
  std::string text;
  for (const std::string& each : cells) text += "| " + escaped(each) + " ";
  return text + "|\n";
}

std::string markdown(const TextTable& table, const std::vector<bool>& numeric) {
  std::string text = line(table.columns);
  for (const bool is_numeric : numeric) text += is_numeric ? "| ---: " : "| --- ";
  text += "|\n";
  for (const auto& row : table.rows) text += line(row);
  return text + '\n';
}

bool is_null_everywhere(const Table& table, std::size_t column) {
  return std::all_of(table.rows.begin(), table.rows.end(), [column](const auto& row) {
    return std::holds_alternative<std::monostate>(row[column]);
  });
}

bool is_empty(const TextTable& table, std::size_t column) {
  return std::all_of(table.rows.begin(), table.rows.end(),
                     [column](const auto& row) { return row[column] == "-"; });
}

template <typename IsLeftOut>
TextTable without_columns(const TextTable& table, const IsLeftOut& is_left_out) {
  TextTable less;
  less.rows.resize(table.rows.size());
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    if (is_left_out(c)) continue;
    less.columns.push_back(table.columns[c]);
    for (std::size_t r = 0; r < table.rows.size(); ++r) less.rows[r].push_back(table.rows[r][c]);
  }
  return less;
}

}  // namespace

std::string without_tags(std::string_view text) {
  std::string safe;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char next = i + 1 < text.size() ? text[i + 1] : ' ';
    const bool begins_tag =
        text[i] == '<' && (std::isalpha(static_cast<unsigned char>(next)) != 0 || next == '/' ||
                           next == '!' || next == '?');
    if (begins_tag) {
      safe += "&lt;";
    } else {
      safe += text[i];
    }
  }
  return safe;
}

TextTable TextTable::without_empty_columns() const {
  return without_columns(*this,
                         [&](std::size_t column) { return column > 0 && is_empty(*this, column); });
}

TextTable TextTable::without_empty_column(const std::string& name) const {
  return without_columns(*this, [&](std::size_t column) {
    return columns[column] == name && is_empty(*this, column);
  });
}

bool TextTable::is_numeric(std::size_t column) const {
  return std::all_of(rows.begin(), rows.end(), [column](const auto& row) {
    return !row[column].empty() &&
           std::string_view("0123456789-[<").find(row[column].front()) != std::string_view::npos;
  });
}

std::string markdown(const TextTable& table) {
  std::vector<bool> numeric;
  for (std::size_t c = 0; c < table.columns.size(); ++c) numeric.push_back(table.is_numeric(c));
  return markdown(table, numeric);
}

std::string markdown(const Table& table) {
  TextTable texts{table.columns, {}};
  for (const auto& row : table.rows) {
    auto& cells = texts.rows.emplace_back();
    for (std::size_t c = 0; c < row.size(); ++c) {
      cells.push_back(readable_cell(table.columns[c], row[c]));
    }
  }
  std::vector<bool> numeric;
  for (std::size_t c = 0; c < table.columns.size(); ++c) numeric.push_back(holds_no_text(table, c));
  return markdown(texts, numeric);
}

Table without_empty_columns(const Table& table, const std::vector<std::string>& names) {
  std::vector<std::size_t> kept;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    const bool optional = std::find(names.begin(), names.end(), table.columns[c]) != names.end();
    if (!optional || !is_null_everywhere(table, c)) kept.push_back(c);
  }
  Table less;
  for (const std::size_t c : kept) less.columns.push_back(table.columns[c]);
  for (const auto& row : table.rows) {
    auto& cells = less.rows.emplace_back();
    for (const std::size_t c : kept) cells.push_back(row[c]);
  }
  return less;
}

store::Table under_item_word(store::Table table, const std::string& item) {
  for (std::string& column : table.columns) {
    if (column == "video") column = item;
    if (column == "videos") column = plural(item);
  }
  return table;
}

}  // namespace cox::report
