#include "coordinator/report/data/set_resampling.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include "coordinator/report/statistics/random.h"
#include "coordinator/report/statistics/resampling.h"

namespace cox::report {

namespace {

constexpr int kSizes = 6;
constexpr int kSubsets = 8;  ///< of each size below all
constexpr int kSubsetsOfMany = 2;

/// Draws that depend only on how many came before.
class Draws {
 public:
  std::size_t below(std::size_t bound) {
    return static_cast<std::size_t>(random_bits(kBootstrapSeed, counter_++) % bound);
  }

 private:
  std::uint64_t counter_ = 0;
};

/// `size` different videos of `videos`, by the first steps of a Fisher-Yates shuffle.
std::vector<int> subset(Draws& draws, std::size_t videos, std::size_t size) {
  std::vector<std::size_t> order(videos);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::vector<int> times(videos, 0);
  for (std::size_t i = 0; i < size; ++i) {
    std::swap(order[i], order[i + draws.below(videos - i)]);
    times[order[i]] = 1;
  }
  return times;
}

/// As many videos as there are, with replacement.
std::vector<int> resample(Draws& draws, std::size_t videos) {
  std::vector<int> times(videos, 0);
  for (std::size_t i = 0; i < videos; ++i) ++times[draws.below(videos)];
  return times;
}

/// The value at 0 of the line with the least squares through points (x, y).
double intercept(const std::vector<double>& x, const std::vector<double>& y) {
  const auto n = static_cast<double>(x.size());
  const double mean_x = std::accumulate(x.begin(), x.end(), 0.0) / n;
  const double mean_y = std::accumulate(y.begin(), y.end(), 0.0) / n;
  double xy = 0, xx = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xy += (x[i] - mean_x) * (y[i] - mean_y);
    xx += (x[i] - mean_x) * (x[i] - mean_x);
  }
  return mean_y - xy / xx * mean_x;
}

/// Linear between order statistics.
double quantile(const std::vector<double>& ascending, double p) {
  const double place = p * static_cast<double>(ascending.size() - 1);
  const auto below = static_cast<std::size_t>(std::floor(place));
  const std::size_t above = std::min(below + 1, ascending.size() - 1);
  return std::lerp(ascending[below], ascending[above], place - static_cast<double>(below));
}

}  // namespace

double value_of_all(const SetStatistic& statistic, std::size_t videos) {
  return statistic.value(std::vector<int>(videos, 1));
}

std::optional<double> extrapolated(const SetStatistic& statistic, std::size_t videos) {
  if (!statistic.is_biased() || videos < kLeastForExtrapolation) return std::nullopt;
  Draws draws;
  std::vector<double> inverse_sizes, values;
  for (int step = 0; step < kSizes; ++step) {
    const double ratio = 1 + static_cast<double>(step) / (kSizes - 1);  // videos / size: 1 to 2
    const auto size = static_cast<std::size_t>(std::lround(static_cast<double>(videos) / ratio));
    const int subsets = size == videos ? 1 : (videos > kManyVideos ? kSubsetsOfMany : kSubsets);
    double sum = 0;
    for (int i = 0; i < subsets; ++i) sum += statistic.value(subset(draws, videos, size));
    inverse_sizes.push_back(1 / static_cast<double>(size));
    values.push_back(sum / subsets);
  }
  return intercept(inverse_sizes, values);
}

std::optional<Interval> difference_interval(const SetStatistic& one, const SetStatistic& other,
                                            std::size_t videos, std::size_t resamples,
                                            double level) {
  if (videos < kLeastForInference || resamples == 0) return std::nullopt;
  Draws draws;
  std::vector<double> differences;
  differences.reserve(resamples);
  for (std::size_t i = 0; i < resamples; ++i) {
    const std::vector<int> times = resample(draws, videos);
    differences.push_back(one.value(times) - other.value(times));
  }
  std::sort(differences.begin(), differences.end());
  const double difference = value_of_all(one, videos) - value_of_all(other, videos);
  const double tail = (1 - level) / 2;
  return Interval{2 * difference - quantile(differences, 1 - tail),
                  2 * difference - quantile(differences, tail)};
}

}  // namespace cox::report
