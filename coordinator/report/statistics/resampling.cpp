#include "coordinator/report/statistics/resampling.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/status.h"
#include "coordinator/report/statistics/draws.h"
#include "coordinator/report/statistics/summary.h"

namespace cox::report {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// The resample's variance, divided by n; 0 where rounding is all there is of it.
double variance_of(const Sums& sums) {
  const double mean = sums.first / sums.count;
  const double square = sums.second / sums.count;
  const double variance = square - mean * mean;
  const double rounding = 4 * sums.count * std::numeric_limits<double>::epsilon() * square;
  return variance <= rounding ? 0 : variance;
}

void add(double value, Sums& sums) {
  ++sums.count;
  sums.first += value;
  sums.second += value * value;
  sums.third += value * value * value;
}

double third_moment(const Sums& sums) {
  const double mean = sums.first / sums.count;
  return sums.third / sums.count - 3 * mean * sums.second / sums.count + 2 * mean * mean * mean;
}

/// (mean* - mean) / `spread`; infinite where the resample does not spread at all.
double studentized(double mean, double spread) {
  if (spread > 0) return mean / spread;
  return mean == 0 ? 0 : std::copysign(kInfinity, mean);
}

double t_of(const Sums& sums) {
  if (sums.count < 2) return kInfinity;
  return studentized(sums.first / sums.count, std::sqrt(variance_of(sums) / (sums.count - 1)));
}

double hall_of(const Sums& sums) {
  const double variance = variance_of(sums);
  const double u = studentized(sums.first / sums.count, std::sqrt(variance));
  if (variance == 0) return u;
  return hall_transform(u, third_moment(sums) / std::pow(variance, 1.5), sums.count);
}

std::vector<double> less_mean(const std::vector<double>& values) {
  const double mean = *mean_of(values);
  std::vector<double> centered;
  for (const double value : values) centered.push_back(value - mean);
  return centered;
}

/// The mean less the centers, its standard error by sum of (n_h / n)^2 s_h^2 / n_h and its skewness
/// by sum of (n_h / n)^3 m_h / n_h^2, m_h the mean cube; as deviation and skewness of `n` values.
StratifiedMoments combined(const std::vector<Sums>& strata) {
  double n = 0;
  for (const Sums& stratum : strata) n += stratum.count;
  StratifiedMoments all;
  all.moments.count = n;
  double variance = 0;
  double fourth = 0;
  double cube = 0;
  for (const Sums& stratum : strata) {
    const double share = stratum.count / n;
    const double of_mean = share * share * variance_of(stratum) / (stratum.count - 1);
    all.moments.mean += share * stratum.first / stratum.count;
    variance += of_mean;
    fourth += of_mean * of_mean / (stratum.count - 1);
    cube += std::pow(share, 3) * third_moment(stratum) / std::pow(stratum.count, 2);
  }
  if (variance == 0) return all;
  all.moments.deviation = std::sqrt(variance * (n - 1));
  all.moments.skewness = cube * n * n / std::pow(all.moments.deviation, 3);
  all.degrees = variance * variance / fourth;
  return all;
}

/// A sample less its mean, drawn with the others of its family.
void add_centered(const Sample& sample, DrawnTogether& family) {
  std::vector<double> values = present_values(sample);
  if (values.size() == sample.size()) return family.add(less_mean(values));
  const double mean = *mean_of(std::move(values));
  std::vector<double> centered;
  std::vector<bool> present;
  for (const auto& value : sample) {
    present.push_back(value.has_value());
    centered.push_back(value ? *value - mean : 0);
  }
  family.add(centered, present);
}

}  // namespace

std::vector<double> present_values(const Sample& sample) {
  std::vector<double> values;
  for (const auto& value : sample) {
    if (value) values.push_back(*value);
  }
  return values;
}

double Moments::standard_error() const { return deviation / std::sqrt(count - 1); }

Moments moments_of(const std::vector<double>& values) {
  Moments moments;
  moments.count = static_cast<double>(values.size());
  moments.mean = *mean_of(values);
  if (all_equal(values)) return moments;
  double squares = 0;
  double cubes = 0;
  for (const double value : values) {
    const double u = value - moments.mean;
    squares += u * u;
    cubes += u * u * u;
  }
  moments.deviation = std::sqrt(squares / moments.count);
  moments.skewness = cubes / moments.count / std::pow(moments.deviation, 3);
  return moments;
}

double hall_transform(double u, double g, double count) {
  return u + g * u * u / 3 + g * g * u * u * u / 27 + g / (6 * count);
}

double hall_inverse(double h, double g, double count) {
  if (std::isinf(h)) return h;
  // With x = g u / 3 the transform is ((1 + x)^3 - 1) / g + g / 6n; c^3 - 1 = (c - 1)(c^2 + c + 1).
  const double y = h - g / (6 * count);
  const double c = std::cbrt(1 + g * y);
  return 3 * y / (c * c + c + 1);
}

std::vector<Resampled> resampled_each(const std::vector<std::vector<double>>& samples,
                                      std::size_t resamples) {
  if (samples.empty()) return {};
  DrawnTogether together(samples.front().size());
  for (const std::vector<double>& values : samples) together.add(less_mean(values));
  std::vector<Resampled> all(samples.size());
  for (Resampled& one : all) {
    one.absolute_t.resize(resamples);
    one.hall.resize(resamples);
  }
  together.draw(resamples, kBootstrapSeed, true,
                [&](std::size_t resample, std::size_t sample, const Sums& sums) {
                  all[sample].absolute_t[resample] = std::abs(t_of(sums));
                  all[sample].hall[resample] = hall_of(sums);
                });
  return all;
}

Resampled resampled(const std::vector<double>& values, std::size_t resamples) {
  return std::move(resampled_each({values}, resamples).front());
}

StratifiedMoments moments_within(const Strata& strata) {
  std::vector<Sums> sums;
  std::vector<double> all;
  for (const std::vector<double>& stratum : strata) {
    COX_CHECK(stratum.size() >= 2, "strata of two values or more");
    const double center = *mean_of(stratum);
    Sums& sum = sums.emplace_back();
    for (const double value : stratum) add(value - center, sum);
    all.insert(all.end(), stratum.begin(), stratum.end());
  }
  StratifiedMoments moments = combined(sums);
  moments.moments.mean = *mean_of(all);
  return moments;
}

Resampled resampled_within(const Strata& strata, std::size_t resamples) {
  std::vector<Positions> positions;
  std::vector<double> centers;
  for (std::size_t h = 0; h < strata.size(); ++h) {
    positions.emplace_back(strata[h].size(), kBootstrapSeed + h);
    centers.push_back(*mean_of(strata[h]));
  }
  Resampled all;
  for (std::size_t b = 0; b < resamples; ++b) {
    std::vector<Sums> sums(strata.size());
    for (std::size_t h = 0; h < strata.size(); ++h) {
      for (std::size_t i = 0; i < strata[h].size(); ++i) {
        add(strata[h][positions[h].next()] - centers[h], sums[h]);
      }
    }
    const Moments drawn = combined(sums).moments;
    all.absolute_t.push_back(std::abs(studentized(drawn.mean, drawn.standard_error())));
    const double u = studentized(drawn.mean, drawn.deviation);
    all.hall.push_back(drawn.deviation == 0 ? u : hall_transform(u, drawn.skewness, drawn.count));
  }
  return all;
}

LargestT largest_t(const std::vector<Sample>& family, std::size_t resamples, double bound) {
  LargestT largest{std::vector<double>(resamples, 0), std::vector<std::size_t>(family.size(), 0)};
  if (family.empty()) return largest;
  DrawnTogether together(family.front().size());
  for (const Sample& sample : family) add_centered(sample, together);
  together.draw(resamples, kBootstrapSeed, false,
                [&](std::size_t resample, std::size_t sample, const Sums& sums) {
                  const double t = std::abs(t_of(sums));
                  largest.values[resample] = std::max(largest.values[resample], t);
                  if (t > bound) ++largest.beyond[sample];
                });
  return largest;
}

}  // namespace cox::report
