#include "coordinator/report/statistics/histogram.h"

#include <algorithm>
#include <cmath>

namespace cox::report {

std::vector<Bin> histogram(const std::vector<double>& values) {
  constexpr double kMostBins = 40;
  if (values.empty()) return {};
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const double bins =
      *low < *high
          ? std::clamp(std::ceil(std::sqrt(static_cast<double>(values.size()))), 1.0, kMostBins)
          : 1;
  const double width = (*high - *low) / bins;
  std::vector<Bin> counted;
  for (double i = 0; i < bins; ++i)
    counted.push_back({*low + i * width, *low + (i + 1) * width, 0});
  counted.back().high = *high;
  for (const double value : values) {
    const double place = width > 0 ? std::min(std::floor((value - *low) / width), bins - 1) : 0;
    ++counted[static_cast<std::size_t>(place)].count;
  }
  return counted;
}

}  // namespace cox::report
