#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "coordinator/report/figures/axis.h"
#include "coordinator/report/figures/figures.h"
#include "coordinator/report/print/number.h"
#include "coordinator/report/print/wording.h"

namespace cox::report {

namespace {

constexpr double kItemsWidth = 720;
constexpr double kItemsHeight = 280;
constexpr double kItemsLeft = 70;
constexpr double kItemsTop = 34;
constexpr double kItemsBottom = 30;

}  // namespace

Result<std::string> items_figure(const Comparison& comparison) {
  if (comparison.differences.empty()) {
    return failed_precondition(
        fmt::format("'{}' and '{}' share no finished item", comparison.run, comparison.baseline));
  }
  std::vector<std::pair<double, std::string>> sorted;
  std::vector<double> values = {0};
  for (const auto& [key, difference] : comparison.differences) {
    sorted.emplace_back(difference, key.first);
    values.push_back(difference);
  }
  std::sort(sorted.begin(), sorted.end());
  const std::string title =
      fmt::format("{} of each item, {} minus {}", metric_title(comparison.metric), comparison.run,
                  comparison.baseline);
  Svg svg(kItemsWidth, kItemsHeight, title);
  svg.text({8, 18}, title, Anchor::kStart, look::kTitle);
  const Scale y = linear_scale(values, kItemsHeight - kItemsBottom, kItemsTop, 6);
  draw_left_axis(svg, y, kItemsLeft, kItemsWidth - 10, metric_title(comparison.metric));
  const double step = (kItemsWidth - kItemsLeft - 16) / static_cast<double>(sorted.size());
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const auto& [difference, item] = sorted[i];
    const bool is_gain = (difference > 0) == comparison.metric.higher_is_better;
    svg.rectangle({kItemsLeft + 4 + static_cast<double>(i) * step, std::min(y(difference), y(0))},
                  std::max(step - 1, step * 0.7), std::abs(y(difference) - y(0)),
                  is_gain ? look::kGain : look::kLoss,
                  fmt::format("{}: {}", item, decimal(difference, decimals_of(comparison))));
  }
  svg.line({kItemsLeft, y(0)}, {kItemsWidth - 10, y(0)}, look::kAxis);
  svg.text({(kItemsLeft + kItemsWidth) / 2, kItemsHeight - 8},
           fmt::format("{} items by difference; green gains, red loses", sorted.size()),
           Anchor::kMiddle, look::kQuiet);
  return svg.document();
}

}  // namespace cox::report
