#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "coordinator/report/data/run_means.h"
#include "coordinator/report/figures/axis.h"
#include "coordinator/report/figures/figures.h"
#include "coordinator/report/print/wording.h"

namespace cox::report {

namespace {

constexpr double kSpreadWidth = 720;
constexpr double kSpreadLine = 26;
constexpr double kSpreadTop = 34;
constexpr double kSpreadBottom = 44;
constexpr std::size_t kMostNameBytesOfSpread = 36;

void draw_values(Svg& svg, const Scale& x, double y, const RunData& run, const Metric& metric) {
  for (const VideoResult& result : run.results) {
    const auto value = result.metrics.find(metric.name);
    if (value == result.metrics.end()) continue;
    svg.circle({x(value->second), y}, 3, look::kDot, result.video);
  }
  const Summary summary = metric_summary(run, metric.name);
  if (summary.t_interval) {
    svg.line({x(summary.t_interval->low), y}, {x(summary.t_interval->high), y}, look::kSpan);
  }
  svg.rectangle({x(*summary.mean) - 1.5, y - 8}, 3, 16, look::kMark,
                fmt::format("{}: {}", run.name, mean_text(summary, metric)));
}

}  // namespace

Result<std::string> distribution_figure(const SeriesReport& report) {
  const Metric& metric = report.primary();
  std::vector<const RunData*> shown;
  std::vector<double> all;
  double left = 60;
  for (const RunData& run : report.runs) {
    const std::vector<double> values = metric_values(run, metric.name);
    if (values.empty()) continue;
    shown.push_back(&run);
    all.insert(all.end(), values.begin(), values.end());
    left = std::max(left, text_width(abbreviated(run.name, kMostNameBytesOfSpread)) + 20);
  }
  if (shown.empty()) {
    return failed_precondition(
        fmt::format("no run of series '{}' has a finite {}", report.series, metric.name));
  }
  const double height =
      kSpreadTop + static_cast<double>(shown.size()) * kSpreadLine + kSpreadBottom;
  const std::string title = fmt::format("{} of each item", metric_title(metric));
  Svg svg(kSpreadWidth, height, title);
  svg.text({8, 18}, title, Anchor::kStart, look::kTitle);
  const Scale x = linear_scale(all, left, kSpreadWidth - 20, 8);
  draw_bottom_axis(svg, x, height - kSpreadBottom, kSpreadTop - 4,
                   fmt::format("{}; bar: mean, line: its 95 % t interval", metric_title(metric)));
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const double y = kSpreadTop + (static_cast<double>(i) + 0.5) * kSpreadLine;
    svg.text({left - 12, y + 4}, abbreviated(shown[i]->name, kMostNameBytesOfSpread), Anchor::kEnd);
    draw_values(svg, x, y, *shown[i], metric);
  }
  return svg.document();
}

}  // namespace cox::report
