#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>

#include "base/text.h"
#include "cli/output/format.h"
#include "coordinator/report/print/number.h"

namespace cox::cli {

namespace {

constexpr int kGap = 2;                  ///< spaces between columns
constexpr int kNarrowestTextColumn = 8;  ///< a text column is not shortened below this

struct Column {
  bool numeric = true;  ///< every value that exists is a number: aligned to the right
  int width = 0;
  bool hidden = false;
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
  int total = -kGap;
  for (const Column& column : columns) total += column.hidden ? 0 : kGap + column.width;
  return total;
}

/// Shortens the widest of the columns that `may` accepts until the table fits or none can be
/// shortened.
void shorten(std::vector<Column>& columns, int width, const std::function<bool(std::size_t)>& may) {
  while (total_width(columns) > width) {
    Column* widest = nullptr;
    for (std::size_t c = 0; c < columns.size(); ++c) {
      if (!may(c) || columns[c].width <= kNarrowestTextColumn) continue;
      if (widest == nullptr || columns[c].width > widest->width) widest = &columns[c];
    }
    if (widest == nullptr) return;
    --widest->width;
  }
}

bool is_constant(const Text& texts, std::size_t column) {
  return texts.size() > 1 && std::all_of(texts.begin(), texts.end(), [&](const auto& row) {
           return row[column] == texts.front()[column];
         });
}

/// Whether the names in the first column differ when cut to `width`.
bool stay_distinct(const Text& texts, int width) {
  std::set<std::string> whole;
  std::set<std::string> cut;
  for (const auto& row : texts) {
    whole.insert(row.front());
    cut.insert(shortened(row.front(), width));
  }
  return cut.size() == whole.size();
}

/// Hides the columns that `may` accepts, from the right, until the table fits.
void hide(std::vector<Column>& columns, int width, const std::function<bool(std::size_t)>& may) {
  for (std::size_t c = columns.size(); c-- > 1 && total_width(columns) > width;) {
    if (!columns[c].hidden && may(c)) columns[c].hidden = true;
  }
}

/// Makes the table fit if possible, in the order that write_table() promises.
void fit(std::vector<Column>& columns, const std::vector<std::string>& names, const Text& texts,
         int width) {
  hide(columns, width, [&](std::size_t c) { return is_constant(texts, c); });
  shorten(columns, width, [&](std::size_t c) { return c > 0 && !columns[c].numeric; });
  hide(columns, width, [&](std::size_t c) { return ends_with(names[c], "_s"); });
  hide(columns, width, [&](std::size_t c) { return ends_with(names[c], "_se"); });
  shorten(columns, width, [&](std::size_t c) {
    return c == 0 && !columns[c].numeric && stay_distinct(texts, columns[c].width - 1);
  });
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
    if (columns[c].hidden) continue;
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
  if (terminal.width > 0) fit(columns, table.columns, texts, terminal.width);
  out << toned(terminal, Tone::kStrong, line_of(table.columns, columns)) << '\n';
  for (const auto& row : texts) out << line_of(row, columns) << '\n';
  std::vector<std::string> hidden;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    if (columns[c].hidden) hidden.push_back(table.columns[c]);
  }
  if (hidden.empty()) return;
  const std::string note =
      fmt::format("(hidden: {}; --format csv shows all columns)", join(hidden, ", "));
  out << toned(terminal, Tone::kFaint, note) << '\n';
}

}  // namespace cox::cli
