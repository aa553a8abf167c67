#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "coordinator/report/figures/axis.h"
#include "coordinator/report/figures/figures.h"

namespace cox::report {

namespace {

constexpr double kCurvesWidth = 720;
constexpr double kCurvesHeight = 300;
constexpr double kCurvesLeft = 80;
constexpr double kCurvesBottom = 46;
constexpr double kLegendLine = 17;
constexpr int kLegendColumns = 3;

/// The stretches of a curve between values that are absent.
std::vector<std::vector<Point>> stretches(const Curve& curve, const Scale& x, const Scale& y,
                                          int first) {
  std::vector<std::vector<Point>> all(1);
  for (std::size_t i = 0; i < curve.values.size(); ++i) {
    if (curve.values[i]) {
      all.back().push_back({x(first + static_cast<double>(i)), y(*curve.values[i])});
    } else if (!all.back().empty()) {
      all.emplace_back();
    }
  }
  return all;
}

void draw_curve(Svg& svg, const std::vector<std::vector<Point>>& parts, const Curve& curve,
                std::string_view color) {
  for (const std::vector<Point>& part : parts) {
    if (part.empty()) continue;
    svg.path(part.size() > 1 ? part : std::vector<Point>{part[0], {part[0].x + 2, part[0].y}},
             look::kLine, curve.label, color);
  }
}

double draw_legend(Svg& svg, const std::vector<Curve>& curves) {
  const double column = (kCurvesWidth - 20) / kLegendColumns;
  for (std::size_t i = 0; i < curves.size(); ++i) {
    const double x = 12 + static_cast<double>(i % kLegendColumns) * column;
    const double y = 36 + kLegendLine * static_cast<double>(i / kLegendColumns);
    svg.path({{x, y}, {x + 18, y}}, look::kLine, "", line_color(i));
    svg.text({x + 24, y + 4}, abbreviated(curves[i].label, 32), Anchor::kStart, look::kQuiet);
  }
  return 30 +
         kLegendLine * static_cast<double>((curves.size() + kLegendColumns - 1) / kLegendColumns);
}

}  // namespace

Result<std::string> curves_figure(const std::string& title, const std::string& x_title,
                                  const std::string& y_title, const std::vector<Curve>& curves,
                                  int first) {
  std::vector<double> values;
  std::size_t longest = 0;
  for (const Curve& curve : curves) {
    longest = std::max(longest, curve.values.size());
    for (const auto& value : curve.values) {
      if (value) values.push_back(*value);
    }
  }
  if (values.empty()) return failed_precondition(fmt::format("{}: no run has one", title));
  Svg svg(kCurvesWidth, kCurvesHeight, title);
  svg.text({8, 18}, title, Anchor::kStart, look::kTitle);
  const double top = draw_legend(svg, curves) + 8;
  const double last = first + std::max<double>(static_cast<double>(longest) - 1, 1);
  Scale x{.low = static_cast<double>(first),
          .high = last,
          .from = kCurvesLeft,
          .to = kCurvesWidth - 20};
  x.step = std::max(1.0, std::ceil((last - first) / 12));
  const Scale y = linear_scale(values, kCurvesHeight - kCurvesBottom, top, 5);
  draw_bottom_axis(svg, x, kCurvesHeight - kCurvesBottom, top, x_title);
  draw_left_axis(svg, y, kCurvesLeft, kCurvesWidth - 20, y_title);
  for (std::size_t i = 0; i < curves.size(); ++i) {
    draw_curve(svg, stretches(curves[i], x, y, first), curves[i], line_color(i));
  }
  svg.cursor(x.from, x.to, first, static_cast<int>(last), top, kCurvesHeight - kCurvesBottom);
  return svg.document();
}

Result<std::string> frames_figure(const std::vector<ItemResult>& results, const Metric& metric) {
  std::vector<Curve> curves;
  for (const ItemResult& result : results) {
    const auto found = result.per_frame.find(metric.name);
    if (found != result.per_frame.end()) curves.push_back({result.run, found->second});
  }
  return curves_figure(fmt::format("{} of each frame", metric_title(metric)), "scored frame",
                       metric_title(metric), curves, 1);
}

namespace {

using Losses = std::vector<std::optional<double>> ItemResult::*;

std::vector<Curve> losses_of(const std::vector<ItemResult>& results, Losses losses) {
  std::vector<Curve> curves;
  for (const ItemResult& result : results) {
    if (!(result.*losses).empty()) curves.push_back({result.run, result.*losses});
  }
  return curves;
}

}  // namespace

Result<std::string> loss_figure(const std::vector<ItemResult>& results) {
  return curves_figure("Training loss of each step", "step", "loss",
                       losses_of(results, &ItemResult::losses), 1);
}

Result<std::string> early_stop_figure(const std::vector<ItemResult>& results) {
  return curves_figure("Held-out loss of each early-stop check", "check", "held-out loss",
                       losses_of(results, &ItemResult::anchor_losses), 0);
}

}  // namespace cox::report
