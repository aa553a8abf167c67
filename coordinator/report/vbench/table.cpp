#include "coordinator/report/vbench/table.h"

#include <fmt/format.h>

#include <algorithm>

#include "coordinator/report/print/number.h"

namespace cox::report {

namespace {

using store::Cell;
using store::Row;

constexpr int kDecimals = 2;
constexpr double kPercent = 100;
constexpr const char* kTotal = "total_score";

/// A row before it is a table's, in percent.
struct Line {
  std::string name;
  std::string source;
  std::optional<std::int64_t> videos;
  VbenchScores scores;
  std::optional<double> quality, semantic, total;
};

std::optional<double> percent(const std::optional<double>& score) {
  return score ? std::optional(*score * kPercent) : std::nullopt;
}

Line line_of(const MeasuredVbench& measured) {
  const VbenchTotals totals = vbench_totals(measured.scores);
  Line line{measured.name,           measured.videos ? "measured" : "measured by VBench",
            measured.videos,         measured.scores,
            percent(totals.quality), percent(totals.semantic),
            percent(totals.total)};
  for (auto& [name, score] : line.scores) score *= kPercent;
  return line;
}

Line line_of(const PublishedVbenchRow& row) {
  return {row.name, "published", std::nullopt, row.scores, row.quality, row.semantic, row.total};
}

std::vector<Line> lines_of(const std::vector<MeasuredVbench>& measured,
                           const std::optional<PublishedVbench>& published) {
  std::vector<Line> lines;
  if (published) {
    for (const PublishedVbenchRow& row : published->rows) lines.push_back(line_of(row));
  }
  for (const MeasuredVbench& run : measured) lines.push_back(line_of(run));
  return lines;
}

/// The dimensions that any line has, in VBench's order.
std::vector<std::string> shown_dimensions(const std::vector<Line>& lines) {
  std::vector<std::string> names;
  for (const VbenchDimension& dimension : vbench_dimensions()) {
    const std::string name(dimension.name);
    const bool any = std::any_of(lines.begin(), lines.end(),
                                 [&](const Line& line) { return line.scores.contains(name); });
    if (any) names.push_back(name);
  }
  return names;
}

/// Appends a cell, which stays NULL without a value.
template <typename Number>
void append_number(Row& row, const std::optional<Number>& value) {
  Cell& cell = row.emplace_back();
  if (value) cell = *value;
}

std::string shown(const Cell& cell) {
  if (const auto* number = std::get_if<double>(&cell)) return decimal(*number, kDecimals);
  if (const auto* count = std::get_if<std::int64_t>(&cell)) return std::to_string(*count);
  if (const auto* text = std::get_if<std::string>(&cell)) return *text;
  return "-";
}

}  // namespace

store::Table vbench_rows(const std::vector<MeasuredVbench>& measured,
                         const std::optional<PublishedVbench>& published) {
  const std::vector<Line> lines = lines_of(measured, published);
  const std::vector<std::string> dimensions = shown_dimensions(lines);
  store::Table table{{"run", "source", "videos"}, {}};
  table.columns.insert(table.columns.end(), dimensions.begin(), dimensions.end());
  for (const char* last : {"dimensions", "quality_score", "semantic_score", kTotal}) {
    table.columns.emplace_back(last);
  }
  for (const Line& line : lines) {
    Row row = {line.name, line.source};
    append_number(row, line.videos);
    for (const std::string& dimension : dimensions) {
      const auto score = line.scores.find(dimension);
      append_number(row, score == line.scores.end() ? std::nullopt : std::optional(score->second));
    }
    append_number(row, std::optional(static_cast<std::int64_t>(line.scores.size())));
    for (const auto& total : {line.quality, line.semantic, line.total}) append_number(row, total);
    table.rows.push_back(std::move(row));
  }
  return table;
}

TextTable vbench_table(const store::Table& rows) {
  TextTable table{rows.columns, {}};
  const std::size_t total = rows.columns.size() - 1;
  const std::size_t dimensions = rows.columns.size() - 4;
  for (const Row& row : rows.rows) {
    std::vector<std::string>& cells = table.rows.emplace_back();
    for (const Cell& cell : row) cells.push_back(shown(cell));
    if (cells[total] != "-") continue;
    cells[total] = fmt::format("partial ({} of {})", cells[dimensions], vbench_dimensions().size());
  }
  return table.without_empty_columns();
}

}  // namespace cox::report
