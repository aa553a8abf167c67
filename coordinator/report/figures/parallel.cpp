#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "coordinator/report/data/run_means.h"
#include "coordinator/report/figures/axis.h"
#include "coordinator/report/figures/figures.h"
#include "coordinator/report/print/wording.h"

namespace cox::report {

namespace {

constexpr double kAxisDistance = 150;
constexpr double kParallelHeight = 360;
constexpr double kParallelTop = 62;
constexpr double kParallelBottom = 24;
constexpr double kParallelSide = 70;

std::optional<double> as_number(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// One vertical axis: numbers by their value, other levels evenly spaced.
struct LevelAxis {
  std::string name;
  std::vector<std::string> levels;
  bool is_numeric = false;
  Scale scale;

  double y(const std::string& level) const {
    if (is_numeric) return scale(*as_number(level));
    const auto place = std::find(levels.begin(), levels.end(), level) - levels.begin();
    return scale(static_cast<double>(place));
  }
};

LevelAxis axis_of(const Factor& factor) {
  LevelAxis axis{factor.name, factor.levels, true, {}};
  std::vector<double> numbers;
  for (const std::string& level : factor.levels) {
    const auto number = as_number(level);
    if (number) numbers.push_back(*number);
  }
  const double bottom = kParallelHeight - kParallelBottom;
  axis.is_numeric = numbers.size() == factor.levels.size();
  if (axis.is_numeric) {
    axis.scale = fitting_scale(numbers, bottom, kParallelTop, 6);
  } else {
    const double last = static_cast<double>(factor.levels.size() - 1);
    axis.scale = {.low = 0, .high = std::max(last, 1.0), .from = bottom, .to = kParallelTop};
  }
  return axis;
}

void draw_axis(Svg& svg, double x, const LevelAxis& axis) {
  svg.line({x, axis.scale.from}, {x, axis.scale.to}, look::kAxis);
  svg.text({x, kParallelTop - 14}, abbreviated(axis.name, 22), Anchor::kMiddle);
  for (const std::string& level : axis.levels) {
    const double y = axis.y(level);
    svg.line({x - 4, y}, {x + 4, y}, look::kAxis);
    svg.text({x - 8, y + 4}, abbreviated(level, 18), Anchor::kEnd, look::kOver);
  }
}

void draw_metric_axis(Svg& svg, double x, const Scale& scale, const std::string& title) {
  svg.line({x, scale.from}, {x, scale.to}, look::kAxis);
  svg.text({x, kParallelTop - 14}, title, Anchor::kMiddle);
  for (const double tick : ticks_of(scale)) {
    svg.line({x - 4, scale(tick)}, {x + 4, scale(tick)}, look::kAxis);
    svg.text({x + 8, scale(tick) + 4}, tick_text(scale, tick), Anchor::kStart, look::kOver);
  }
}

}  // namespace

Result<std::string> parallel_figure(const SeriesReport& report) {
  const Metric& metric = report.primary();
  std::vector<std::pair<const RunData*, Summary>> runs;
  std::vector<double> means;
  for (const RunData* run : report.treated_runs()) {
    const Summary summary = metric_summary(*run, metric.name);
    if (!summary.mean) continue;
    runs.emplace_back(run, summary);
    means.push_back(*summary.mean);
  }
  if (report.factors.empty() || runs.size() < 2) {
    return failed_precondition(fmt::format(
        "parallel coordinates need two runs that differ in a parameter; series '{}' has none",
        report.series));
  }
  std::stable_sort(runs.begin(), runs.end(), [&](const auto& a, const auto& b) {
    const double mean_a = a.second.mean.value();
    const double mean_b = b.second.mean.value();
    return metric.higher_is_better ? mean_a < mean_b : mean_b < mean_a;
  });
  const double width =
      2 * kParallelSide + kAxisDistance * static_cast<double>(report.factors.size());
  const std::string title = fmt::format("{} over what the series varies", metric_title(metric));
  Svg svg(width, kParallelHeight, title);
  svg.text({8, 18}, title, Anchor::kStart, look::kTitle);
  std::vector<LevelAxis> axes;
  for (const Factor& factor : report.factors) axes.push_back(axis_of(factor));
  const Scale quality = linear_scale(means, kParallelHeight - kParallelBottom, kParallelTop, 6);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const auto& [run, summary] = runs[i];
    std::vector<Point> points;
    for (std::size_t a = 0; a < axes.size(); ++a) {
      points.push_back({kParallelSide + kAxisDistance * static_cast<double>(a),
                        axes[a].y(level_of(*run, axes[a].name))});
    }
    points.push_back({width - kParallelSide, quality(*summary.mean)});
    // The better, the darker; the best runs are drawn last, over the others.
    const double share = 0.25 + 0.75 * static_cast<double>(i) / static_cast<double>(runs.size());
    svg.path(points, look::kLine, fmt::format("{}: {}", run->name, mean_text(summary, metric)),
             ramp_color(share));
  }
  for (std::size_t a = 0; a < axes.size(); ++a) {
    draw_axis(svg, kParallelSide + kAxisDistance * static_cast<double>(a), axes[a]);
  }
  draw_metric_axis(svg, width - kParallelSide, quality, metric_title(metric));
  return svg.document();
}

}  // namespace cox::report
