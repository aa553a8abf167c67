#include <algorithm>

#include "cli/output/format.h"
#include "coordinator/report/print/number.h"

namespace cox::cli {

namespace {

constexpr int kGap = 2;                  ///< blanks between columns
constexpr int kNarrowestTextColumn = 8;  ///< a text column is not shortened below this

struct Column {
  bool numeric = true;  ///< every value that exists is a number: aligned to the right
  int width = 0;
};

using Text = std::vector<std::vector<std::string>>;

bool is_number_or_null(const Cell& cell) { return !std::holds_alternative<std::string>(cell); }

Text texts_of(const Table& table) {
  Text texts;
  for (const auto& row : table.rows) {
    auto& line = texts.emplace_back();
    for (size_t c = 0; c < row.size(); ++c) {
      line.push_back(printable(report::readable_cell(table.columns[c], row[c])));
    }
  }
  return texts;
}

std::vector<Column> measured(const Table& table, const Text& texts) {
  std::vector<Column> columns(table.columns.size());
  for (size_t c = 0; c < columns.size(); ++c) {
    columns[c].width = display_width(table.columns[c]);
    for (size_t r = 0; r < texts.size(); ++r) {
      columns[c].width = std::max(columns[c].width, display_width(texts[r][c]));
      columns[c].numeric = columns[c].numeric && is_number_or_null(table.rows[r][c]);
    }
  }
  return columns;
}

int total_width(const std::vector<Column>& columns) {
  int total = kGap * (static_cast<int>(columns.size()) - 1);
  for (const Column& column : columns) total += column.width;
  return total;
}

/// Takes columns from the widest text column until the table fits or nothing is left to take.
void fit(std::vector<Column>& columns, int width) {
  for (int excess = total_width(columns) - width; excess > 0; --excess) {
    Column* widest = nullptr;
    for (Column& column : columns) {
      if (column.numeric || column.width <= kNarrowestTextColumn) continue;
      if (widest == nullptr || column.width > widest->width) widest = &column;
    }
    if (widest == nullptr) return;
    --widest->width;
  }
}

std::string aligned(const std::string& text, const Column& column) {
  const std::string shown = shortened(text, column.width);
  const std::string blanks(static_cast<size_t>(std::max(0, column.width - display_width(shown))),
                           ' ');
  return column.numeric ? blanks + shown : shown + blanks;
}

std::string line_of(const std::vector<std::string>& texts, const std::vector<Column>& columns) {
  std::string line;
  for (size_t c = 0; c < texts.size(); ++c) {
    if (c > 0) line.append(kGap, ' ');
    line += aligned(texts[c], columns[c]);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

}  // namespace

void write_table(std::ostream& out, const Table& table, const Terminal& terminal) {
  const Text texts = texts_of(table);
  std::vector<Column> columns = measured(table, texts);
  if (terminal.width > 0) fit(columns, terminal.width);
  out << toned(terminal, Tone::kStrong, line_of(table.columns, columns)) << '\n';
  for (const auto& row : texts) out << line_of(row, columns) << '\n';
}

}  // namespace cox::cli
