#pragma once

#include <string>
#include <vector>

#include "coordinator/report/figures/svg.h"

namespace cox::report {

/// Places values between two pixels.
struct Scale {
  double low = 0;
  double high = 1;  ///< above low
  double from = 0;  ///< pixel of low
  double to = 1;    ///< pixel of high
  double step = 1;  ///< between ticks; of a logarithmic scale unused
  bool logarithmic = false;

  double operator()(double value) const;
};

/// Over all `values`, which are finite, widened to ticks of round numbers, about `ticks` of them.
Scale linear_scale(const std::vector<double>& values, double from, double to, int ticks);

/// Logarithmic where the values are positive and span more than a decade and a half, as learning
/// rates do; otherwise linear.
Scale fitting_scale(const std::vector<double>& values, double from, double to, int ticks);

/// The ticks of a scale, ascending, and how one is written.
std::vector<double> ticks_of(const Scale& scale);
std::string tick_text(const Scale& scale, double value);

/// A horizontal axis at height `y` with grid lines up to `top` and a title at its right end.
void draw_bottom_axis(Svg& svg, const Scale& scale, double y, double top, std::string_view title);
/// A vertical axis at `x` with grid lines up to `right` and a title that reads upwards.
void draw_left_axis(Svg& svg, const Scale& scale, double x, double right, std::string_view title);

}  // namespace cox::report
