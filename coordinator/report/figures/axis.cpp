#include "coordinator/report/figures/axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "coordinator/report/print/number.h"

namespace cox::report {

namespace {

constexpr double kLogarithmicSpan = 30;  ///< largest over smallest value
constexpr double kTick = 4;              ///< length of a tick in pixels

/// 1, 2 or 5 times a power of ten, at least `rough`.
double round_step(double rough) {
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough * (1 - 1e-9)) return factor * power;
  }
  return 10 * power;
}

}  // namespace

double Scale::operator()(double value) const {
  const double share =
      logarithmic ? std::log(value / low) / std::log(high / low) : (value - low) / (high - low);
  return from + share * (to - from);
}

Scale linear_scale(const std::vector<double>& values, double from, double to, int ticks) {
  Scale scale{.from = from, .to = to};
  if (values.empty()) return scale;
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const double range = *high > *low ? *high - *low : std::max(std::abs(*high), 1.0);
  scale.step = round_step(range / ticks);
  scale.low = std::floor(*low / scale.step) * scale.step;
  scale.high = std::ceil(*high / scale.step) * scale.step;
  if (scale.high <= scale.low) scale.high = scale.low + scale.step;
  return scale;
}

Scale fitting_scale(const std::vector<double>& values, double from, double to, int ticks) {
  if (values.empty()) return linear_scale(values, from, to, ticks);
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  if (*low <= 0 || *high / *low < kLogarithmicSpan) return linear_scale(values, from, to, ticks);
  return {.low = *low, .high = *high, .from = from, .to = to, .logarithmic = true};
}

std::vector<double> ticks_of(const Scale& scale) {
  std::vector<double> ticks;
  if (scale.logarithmic) {
    for (double power = std::pow(10, std::floor(std::log10(scale.low))); power <= scale.high;
         power *= 10) {
      for (const double factor : {1.0, 3.0}) {
        const double value = factor * power;
        const bool is_inside = value >= scale.low * (1 - 1e-9) && value <= scale.high * (1 + 1e-9);
        if (is_inside) ticks.push_back(value);
      }
    }
    return ticks;
  }
  const auto count = static_cast<int>(std::lround((scale.high - scale.low) / scale.step));
  for (int i = 0; i <= count; ++i) ticks.push_back(scale.low + i * scale.step);
  return ticks;
}

std::string tick_text(const Scale& scale, double value) {
  if (scale.logarithmic || std::abs(scale.high) >= 1e6 || scale.step < 1e-5) {
    return fmt::format("{:.3g}", value);
  }
  const int decimals = std::max(0, -static_cast<int>(std::floor(std::log10(scale.step) + 1e-9)));
  return decimal(value, decimals);
}

void draw_bottom_axis(Svg& svg, const Scale& scale, double y, double top, std::string_view title) {
  for (const double tick : ticks_of(scale)) {
    const double x = scale(tick);
    svg.line({x, top}, {x, y}, look::kGrid);
    svg.line({x, y}, {x, y + kTick}, look::kAxis);
    svg.text({x, y + 17}, tick_text(scale, tick), Anchor::kMiddle, look::kQuiet);
  }
  svg.line({scale.from, y}, {scale.to, y}, look::kAxis);
  svg.text({(scale.from + scale.to) / 2, y + 34}, title, Anchor::kMiddle);
}

void draw_left_axis(Svg& svg, const Scale& scale, double x, double right, std::string_view title) {
  double widest = 0;
  for (const double tick : ticks_of(scale)) {
    const double y = scale(tick);
    const std::string text = tick_text(scale, tick);
    svg.line({x, y}, {right, y}, look::kGrid);
    svg.line({x - kTick, y}, {x, y}, look::kAxis);
    svg.text({x - kTick - 3, y + 4}, text, Anchor::kEnd, look::kQuiet);
    widest = std::max(widest, text_width(text));
  }
  svg.line({x, scale.from}, {x, scale.to}, look::kAxis);
  svg.upward_text({x - kTick - widest - 10, (scale.from + scale.to) / 2}, title);
}

}  // namespace cox::report
