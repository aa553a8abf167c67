#include "coordinator/report/statistics/summary.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/status.h"
#include "coordinator/report/statistics/distributions.h"

namespace cox::report {

bool all_equal(const std::vector<double>& values) {
  constexpr double kRounding = 1e-10;  // of the values
  if (values.empty()) return true;
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  return *most - *least <= kRounding * std::max(std::abs(*least), std::abs(*most));
}

std::optional<double> mean_of(std::vector<double> values) {
  COX_CHECK(std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); }),
            "values that are not finite are not part of a mean");
  if (values.empty()) return std::nullopt;
  std::sort(values.begin(), values.end());
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

Summary summarized(std::vector<double> values) {
  Summary summary;
  summary.count = values.size();
  if (values.empty()) return summary;
  std::sort(values.begin(), values.end());
  const auto n = static_cast<double>(values.size());
  const double mean = *mean_of(values);
  summary.mean = mean;
  const std::size_t middle = values.size() / 2;
  summary.median =
      values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  if (values.size() < 2) return summary;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  summary.deviation = all_equal(values) ? 0 : std::sqrt(squares / (n - 1));
  summary.standard_error = *summary.deviation / std::sqrt(n);
  if (values.size() < kLeastForInference) return summary;
  const double reach = student_t_bound(kLevel, n - 1) * *summary.standard_error;
  summary.t_interval = Interval{mean - reach, mean + reach};
  return summary;
}

}  // namespace cox::report
