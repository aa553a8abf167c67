#include "coordinator/report/statistics/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "coordinator/report/statistics/distributions.h"
#include "coordinator/report/statistics/random.h"

namespace cox::report {

namespace {

constexpr double kLeastShare = 0.5 / kResamples;

/// The means of kResamples samples with replacement. One draw of 64 bits picks two values, each
/// from 32 bits scaled to the count: uneven by less than count / 2^32. Two sums, so that one
/// addition need not wait for the other.
std::vector<double> resampled_means(const std::vector<double>& values) {
  const std::uint64_t count = values.size();
  std::vector<double> means(kResamples);
  std::uint64_t counter = 0;
  for (double& mean : means) {
    double first = 0;
    double second = 0;
    for (std::uint64_t i = 0; i + 1 < count; i += 2) {
      const std::uint64_t bits = random_bits(kBootstrapSeed, counter++);
      first += values[(bits >> 32U) * count >> 32U];
      second += values[(bits & 0xffffffffU) * count >> 32U];
    }
    if (count % 2 == 1)
      first += values[(random_bits(kBootstrapSeed, counter++) >> 32U) * count >> 32U];
    mean = (first + second) / static_cast<double>(count);
  }
  return means;
}

/// The quantile of values in any order, linear between neighbours. Reorders them.
double quantile(std::vector<double>& values, double p) {
  const double place = p * static_cast<double>(values.size() - 1);
  const auto below = values.begin() + static_cast<std::ptrdiff_t>(place);
  std::nth_element(values.begin(), below, values.end());
  if (below + 1 == values.end()) return *below;
  return std::lerp(*below, *std::min_element(below + 1, values.end()), place - std::floor(place));
}

/// By how much two means of these sorted values may differ through rounding alone: each sum of n
/// values errs by at most n half ulps of n times the largest.
double rounding_of_means(const std::vector<double>& sorted) {
  const double largest = std::max(std::abs(sorted.front()), std::abs(sorted.back()));
  return static_cast<double>(sorted.size()) * std::numeric_limits<double>::epsilon() * largest;
}

/// How far the mean lies from the middle of the resamples, in normal deviations. Means within
/// `rounding` are ties.
double bias_correction(const std::vector<double>& means, double mean, double rounding) {
  const auto below = [&](double bound) {
    return std::count_if(means.begin(), means.end(), [&](double m) { return m < bound; });
  };
  const auto less = below(mean - rounding);
  const auto less_or_equal = below(std::nextafter(mean + rounding, INFINITY));
  const double share = static_cast<double>(less + less_or_equal) / (2.0 * kResamples);
  return normal_quantile(std::clamp(share, kLeastShare, 1 - kLeastShare));
}

}  // namespace

double acceleration_of_mean(const std::vector<double>& values) {
  if (values.empty()) return 0;
  const double mean = *mean_of(values);
  double squares = 0;
  double cubes = 0;
  for (const double value : values) {
    const double u = value - mean;
    squares += u * u;
    cubes += u * u * u;
  }
  return squares == 0 ? 0 : cubes / (6 * std::pow(squares, 1.5));
}

std::optional<Interval> bootstrap_interval(std::vector<double> values) {
  if (values.size() < 2) return std::nullopt;
  std::sort(values.begin(), values.end());  // the order of the videos means nothing
  if (values.front() == values.back()) return Interval{values.front(), values.front()};
  std::vector<double> means = resampled_means(values);
  const double z0 = bias_correction(means, *mean_of(values), rounding_of_means(values));
  const double a = acceleration_of_mean(values);
  const auto bound = [&](double tail) {
    const double z = z0 + normal_quantile(tail);
    return quantile(means, normal_cdf(z0 + z / (1 - a * z)));
  };
  return Interval{bound((1 - kLevel) / 2), bound((1 + kLevel) / 2)};
}

}  // namespace cox::report
