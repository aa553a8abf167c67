#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "coordinator/report/figures/axis.h"
#include "coordinator/report/figures/figures.h"
#include "coordinator/report/print/number.h"
#include "coordinator/report/print/wording.h"

namespace cox::report {

namespace {

constexpr double kDifferenceWidth = 720;
constexpr double kDifferenceLine = 22;
constexpr double kDifferenceTop = 34;
constexpr double kDifferenceBottom = 44;
constexpr double kDifferenceRight = 150;  ///< for the numbers next to the marks
constexpr std::size_t kMostNameBytes = 36;

std::string name_in(const std::string& series, const std::string& full_name) {
  const std::string own = series + "/";
  return full_name.starts_with(own) ? full_name.substr(own.size()) : full_name;
}

/// Every value that the axis must hold.
std::vector<double> ends_of(const std::vector<const Comparison*>& shown) {
  std::vector<double> ends = {0};
  for (const Comparison* comparison : shown) {
    ends.push_back(*comparison->difference.mean);
    for (const auto& interval :
         {comparison->inference.interval, comparison->family_inference.interval}) {
      if (interval) ends.insert(ends.end(), {interval->low, interval->high});
    }
  }
  return ends;
}

void draw_difference(Svg& svg, const Scale& x, double y, const Comparison& comparison) {
  const auto span = [&](const std::optional<Interval>& interval, const Look& look) {
    if (interval) svg.line({x(interval->low), y}, {x(interval->high), y}, look);
  };
  span(comparison.family_inference.interval, look::kWideSpan);
  span(comparison.inference.interval, look::kSpan);
  svg.circle({x(*comparison.difference.mean), y}, 4, look::kMark, sentence(comparison));
}

}  // namespace

Result<std::string> differences_figure(const SeriesReport& report) {
  std::vector<const Comparison*> shown;
  if (!report.comparisons.empty()) {
    for (const Comparison& comparison : report.comparisons.front()) {
      if (comparison.difference.mean) shown.push_back(&comparison);
    }
  }
  if (shown.empty()) {
    return failed_precondition(fmt::format(
        "series '{}' has no difference to draw: no run shares a finished item with a baseline",
        report.series));
  }
  double left = 60;
  for (const Comparison* comparison : shown) {
    const std::string name = abbreviated(name_in(report.series, comparison->run), kMostNameBytes);
    left = std::max(left, text_width(name) + 16);
  }
  const double height =
      kDifferenceTop + static_cast<double>(shown.size()) * kDifferenceLine + kDifferenceBottom;
  const std::string title = fmt::format("Difference in {} from {}", metric_title(report.primary()),
                                        name_in(report.series, report.baseline));
  Svg svg(kDifferenceWidth, height, title);
  svg.text({8, 18}, title, Anchor::kStart, look::kTitle);
  const Scale x = linear_scale(ends_of(shown), left, kDifferenceWidth - kDifferenceRight, 6);
  draw_bottom_axis(svg, x, height - kDifferenceBottom, kDifferenceTop - 6,
                   fmt::format("run minus baseline, {}; lines: 95 % interval, thin: of the family",
                               unit_or_name(report.primary())));
  svg.line({x(0), kDifferenceTop - 6}, {x(0), height - kDifferenceBottom}, look::kZero);
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const Comparison& comparison = *shown[i];
    const double y = kDifferenceTop + (static_cast<double>(i) + 0.5) * kDifferenceLine;
    svg.text({left - 10, y + 4},
             abbreviated(name_in(report.series, comparison.run), kMostNameBytes), Anchor::kEnd);
    draw_difference(svg, x, y, comparison);
    svg.text(
        {kDifferenceWidth - kDifferenceRight + 14, y + 4},
        fmt::format("{}  ({} items)", decimal(comparison.difference.mean, decimals_of(comparison)),
                    comparison.pairs),
        Anchor::kStart, look::kQuiet);
  }
  return svg.document();
}

}  // namespace cox::report
