#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "coordinator/report/data/run_means.h"
#include "coordinator/report/figures/axis.h"
#include "coordinator/report/figures/figures.h"
#include "coordinator/report/figures/labels.h"
#include "coordinator/report/print/number.h"
#include "coordinator/report/print/wording.h"

namespace cox::report {

namespace {

constexpr double kCostWidth = 720;
constexpr double kCostHeight = 400;
constexpr double kCostLeft = 76;
constexpr double kCostTop = 34;
constexpr double kCostBottom = 50;
constexpr std::size_t kMostLabelBytes = 24;
constexpr std::size_t kMostLabels = 24;  ///< more names would cover the marks

struct CostPoint {
  const RunData* run = nullptr;
  double seconds = 0;
  Summary quality;
};

std::vector<CostPoint> cost_points(const SeriesReport& report) {
  std::vector<CostPoint> points;
  for (const RunData& run : report.runs) {
    const Summary quality = metric_summary(run, report.primary().name);
    const auto seconds = adaptation_seconds(run);
    if (quality.mean && seconds) points.push_back({&run, *seconds, quality});
  }
  // Of those that take equally long the best first, so that the others are never part of the front.
  const double sign = report.primary().higher_is_better ? -1 : 1;
  std::stable_sort(points.begin(), points.end(), [sign](const CostPoint& a, const CostPoint& b) {
    if (a.seconds != b.seconds) return a.seconds < b.seconds;
    return sign * a.quality.mean.value() < sign * b.quality.mean.value();
  });
  return points;
}

/// The points, by seconds, that are better than every cheaper one.
std::vector<CostPoint> front_of(const std::vector<CostPoint>& points, bool higher_is_better) {
  std::vector<CostPoint> front;
  for (const CostPoint& point : points) {
    const double quality = *point.quality.mean;
    const bool is_better =
        front.empty() || (higher_is_better ? quality > *front.back().quality.mean
                                           : quality < *front.back().quality.mean);
    if (is_better) front.push_back(point);
  }
  return front;
}

/// Both ends of each mean's standard error.
std::vector<double> quality_ends(const std::vector<CostPoint>& points) {
  std::vector<double> ends;
  for (const CostPoint& point : points) {
    const double error = point.quality.standard_error.value_or(0);
    ends.insert(ends.end(), {*point.quality.mean - error, *point.quality.mean + error});
  }
  return ends;
}

}  // namespace

std::optional<double> adaptation_seconds(const RunData& run) {
  const auto training = stage_mean(run, "train_s");
  const auto checks = stage_mean(run, "early_stop_s");
  if (!training || !checks) return std::nullopt;
  return *training + *checks;
}

std::vector<const RunData*> cost_front(const SeriesReport& report) {
  std::vector<const RunData*> runs;
  for (const CostPoint& point : front_of(cost_points(report), report.primary().higher_is_better)) {
    runs.push_back(point.run);
  }
  return runs;
}

Result<std::string> cost_figure(const SeriesReport& report) {
  const std::vector<CostPoint> points = cost_points(report);
  if (points.size() < 2) {
    return failed_precondition(
        fmt::format("series '{}' has fewer than two runs with a time and a finite {}",
                    report.series, report.primary().name));
  }
  std::vector<double> seconds = {0};
  for (const CostPoint& point : points) seconds.push_back(point.seconds);
  const std::string title =
      fmt::format("{} against the time to adapt", metric_title(report.primary()));
  Svg svg(kCostWidth, kCostHeight, title);
  svg.text({8, 18}, title, Anchor::kStart, look::kTitle);
  const Scale x = linear_scale(seconds, kCostLeft, kCostWidth - 30, 8);
  const Scale y = linear_scale(quality_ends(points), kCostHeight - kCostBottom, kCostTop, 6);
  draw_bottom_axis(svg, x, kCostHeight - kCostBottom, kCostTop,
                   "seconds to adapt to an item: training and early-stop checks");
  draw_left_axis(svg, y, kCostLeft, kCostWidth - 30, metric_title(report.primary()));
  std::vector<Point> front;
  for (const CostPoint& point : front_of(points, report.primary().higher_is_better)) {
    front.push_back({x(point.seconds), y(*point.quality.mean)});
  }
  svg.path(front, look::kFront, "runs that no run beats in both");
  std::vector<LabeledPoint> labeled;
  for (const CostPoint& point : points) {
    const Point at = {x(point.seconds), y(*point.quality.mean)};
    const double error = point.quality.standard_error.value_or(0);
    svg.line({at.x, y(*point.quality.mean - error)}, {at.x, y(*point.quality.mean + error)},
             look::kWideSpan);
    svg.circle(
        at, 4.5, look::kMark,
        fmt::format("{}: {} in {} s", point.run->name, mean_text(point.quality, report.primary()),
                    readable_seconds(point.seconds)));
    labeled.push_back({at, abbreviated(point.run->name, kMostLabelBytes)});
  }
  if (points.size() > kMostLabels) return svg.document();
  const auto places = label_places(labeled, kCostLeft, kCostWidth);
  for (std::size_t i = 0; i < labeled.size(); ++i) {
    if (places[i]) svg.text(places[i]->at, labeled[i].label, places[i]->anchor, look::kQuiet);
  }
  return svg.document();
}

}  // namespace cox::report
