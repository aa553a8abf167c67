#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "base/text.h"
#include "coordinator/report/data/run_means.h"
#include "coordinator/report/figures/axis.h"
#include "coordinator/report/figures/figures.h"
#include "coordinator/report/print/number.h"

namespace cox::report {

namespace {

constexpr double kHeatLine = 34;
constexpr double kHeatTop = 64;
constexpr double kLeastCell = 74;

const Factor* factor_named(const SeriesReport& report, const std::string& name, std::size_t place) {
  if (name.empty()) return place < report.factors.size() ? &report.factors[place] : nullptr;
  for (const Factor& factor : report.factors) {
    if (factor.name == name) return &factor;
  }
  return nullptr;
}

Status no_factor(const SeriesReport& report, const std::string& name) {
  std::vector<std::string> names;
  for (const Factor& factor : report.factors) names.push_back(factor.name);
  if (name.empty()) {
    return failed_precondition(fmt::format("a heat map needs two factors; series '{}' varies {}",
                                           report.series,
                                           names.empty() ? "nothing" : join(names, ", ")));
  }
  const std::string nearest = nearest_name(name, names);
  return not_found(fmt::format("series '{}' does not vary '{}'{}; it varies {}", report.series,
                               name,
                               nearest.empty() ? "" : fmt::format(" (did you mean '{}'?)", nearest),
                               names.empty() ? "nothing" : join(names, ", ")));
}

double place_of(const std::vector<std::string>& levels, const std::string& level) {
  return static_cast<double>(std::find(levels.begin(), levels.end(), level) - levels.begin());
}

double widest(const std::vector<std::string>& texts) {
  double width = 0;
  for (const std::string& text : texts) width = std::max(width, text_width(text));
  return width;
}

}  // namespace

std::vector<GridCell> grid_cells(const SeriesReport& report, const std::string& rows,
                                 const std::string& columns) {
  std::map<std::pair<std::string, std::string>, GridCell> cells;
  std::map<std::pair<std::string, std::string>, std::vector<double>> means;
  for (const RunData* run : report.treated_runs()) {
    const auto mean = metric_summary(*run, report.primary().name).mean;
    if (!mean) continue;
    const std::pair levels(level_of(*run, rows), level_of(*run, columns));
    means[levels].push_back(*mean);
    cells[levels].runs.push_back(run->name);
  }
  std::vector<GridCell> list;
  for (auto& [levels, cell] : cells) {
    list.push_back({levels.first, levels.second, *mean_of(means[levels]), std::move(cell.runs)});
  }
  return list;
}

namespace {

/// The two factors of which most combinations were run; "" where the series varies fewer.
std::pair<std::string, std::string> fullest_grid(const SeriesReport& report) {
  std::pair<std::string, std::string> names;
  std::size_t most = 0;
  for (std::size_t r = 0; r < report.factors.size(); ++r) {
    for (std::size_t c = r + 1; c < report.factors.size(); ++c) {
      const std::pair both(report.factors[r].name, report.factors[c].name);
      const std::size_t cells = grid_cells(report, both.first, both.second).size();
      if (cells > most) std::tie(most, names) = std::tie(cells, both);
    }
  }
  return names;
}

}  // namespace

Result<std::string> heat_figure(const SeriesReport& report, const std::string& asked_rows,
                                const std::string& asked_columns) {
  const auto fullest = fullest_grid(report);
  const bool is_free = asked_rows.empty() && asked_columns.empty();
  const std::string& row_name = is_free ? fullest.first : asked_rows;
  const std::string& column_name = is_free ? fullest.second : asked_columns;
  const Factor* rows = factor_named(report, row_name, 0);
  const Factor* columns = factor_named(report, column_name, 1);
  if (rows == nullptr) return no_factor(report, row_name);
  if (columns == nullptr || columns == rows) return no_factor(report, column_name);
  const std::vector<GridCell> cells = grid_cells(report, rows->name, columns->name);
  std::vector<double> means;
  for (const GridCell& cell : cells) means.push_back(cell.mean);
  if (means.empty()) {
    return failed_precondition(
        fmt::format("no run of series '{}' has a finite {}", report.series, report.primary().name));
  }
  const auto [low, high] = std::minmax_element(means.begin(), means.end());
  const double range = *high > *low ? *high - *low : 1;
  const double left = std::max(widest(rows->levels), text_width(rows->name)) + 20;
  const double cell_width = std::max(kLeastCell, widest(columns->levels) + 14);
  const double width = left + cell_width * static_cast<double>(columns->levels.size()) + 10;
  const std::string title = fmt::format("Mean {} by {} and {}", metric_title(report.primary()),
                                        rows->name, columns->name);
  Svg svg(std::max(width, text_width(title) + 30),
          kHeatTop + kHeatLine * static_cast<double>(rows->levels.size()) + 10, title);
  svg.text({8, 18}, title, Anchor::kStart, look::kTitle);
  svg.text({left, 38}, columns->name, Anchor::kStart, look::kQuiet);
  svg.text({left - 10, kHeatTop - 8}, rows->name, Anchor::kEnd, look::kQuiet);
  for (std::size_t c = 0; c < columns->levels.size(); ++c) {
    svg.text({left + (static_cast<double>(c) + 0.5) * cell_width, kHeatTop - 8}, columns->levels[c],
             Anchor::kMiddle);
  }
  for (std::size_t r = 0; r < rows->levels.size(); ++r) {
    const double y = kHeatTop + static_cast<double>(r) * kHeatLine;
    svg.text({left - 10, y + kHeatLine / 2 + 4}, rows->levels[r], Anchor::kEnd);
  }
  for (const GridCell& cell : cells) {
    const double share = (cell.mean - *low) / range;
    const std::size_t runs = cell.runs.size();
    const std::string text =
        decimal(cell.mean, report.primary().decimals) + (runs > 1 ? fmt::format(" ×{}", runs) : "");
    const double x = left + cell_width * place_of(columns->levels, cell.column);
    const double y = kHeatTop + kHeatLine * place_of(rows->levels, cell.row);
    svg.rectangle({x, y}, cell_width, kHeatLine, look::kCell,
                  fmt::format("{} = {}, {} = {}: {} ({})", rows->name, cell.row, columns->name,
                              cell.column, text, join_first(cell.runs, 3)),
                  ramp_color(share));
    svg.text({x + cell_width / 2, y + kHeatLine / 2 + 4}, text, Anchor::kMiddle, look::kText,
             text_color_on(share));
  }
  return svg.document();
}

}  // namespace cox::report
