#include "coordinator/report/statistics/resampling.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/status.h"
#include "coordinator/report/statistics/random.h"
#include "coordinator/report/statistics/summary.h"

namespace cox::report {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Positions from 0 to `count` - 1. One draw of 64 bits gives two, each from 32 bits scaled to the
/// count: uneven by less than count / 2^32.
class Positions {
 public:
  explicit Positions(std::size_t count, std::uint64_t seed = kBootstrapSeed)
      : count_(count), seed_(seed) {}

  std::size_t next() {
    if (left_ == 0) {
      bits_ = random_bits(seed_, counter_++);
      left_ = 2;
    }
    --left_;
    const std::uint64_t part = left_ == 1 ? bits_ >> 32U : bits_ & 0xffffffffU;
    return part * count_ >> 32U;
  }

 private:
  std::uint64_t count_;
  std::uint64_t seed_;
  std::uint64_t counter_ = 0;
  std::uint64_t bits_ = 0;
  int left_ = 0;
};

/// Sums of powers of the drawn values, each less the sample's mean.
struct Sums {
  double count = 0;
  double first = 0;
  double second = 0;
  double third = 0;
};

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

/// The samples as one table, unit by unit, so that a drawn unit is added to every sample in one
/// sweep over neighbouring numbers.
struct FamilyTable {
  std::size_t samples = 0;
  std::size_t units = 0;
  std::vector<double> present;  ///< 1 or 0
  std::vector<double> value;    ///< less the sample's mean; 0 where absent
  std::vector<double> square;
};

FamilyTable table_of(const std::vector<Sample>& family) {
  FamilyTable table{family.size(), family.front().size(), {}, {}, {}};
  std::vector<double> means;
  for (const Sample& sample : family) {
    COX_CHECK(sample.size() == table.units, "samples of one family over the same units");
    std::vector<double> values;
    for (const auto& value : sample) {
      if (value) values.push_back(*value);
    }
    means.push_back(*mean_of(values));
  }
  for (std::size_t unit = 0; unit < table.units; ++unit) {
    for (std::size_t k = 0; k < table.samples; ++k) {
      const auto& value = family[k][unit];
      table.present.push_back(value ? 1 : 0);
      table.value.push_back(value ? *value - means[k] : 0);
      table.square.push_back(table.value.back() * table.value.back());
    }
  }
  return table;
}

}  // namespace

double Moments::standard_error() const { return deviation / std::sqrt(count - 1); }

Moments moments_of(const std::vector<double>& values) {
  Moments moments;
  moments.count = static_cast<double>(values.size());
  moments.mean = *mean_of(values);
  if (std::all_of(values.begin(), values.end(), [&](double v) { return v == values.front(); })) {
    return moments;
  }
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

Resampled resampled(const std::vector<double>& values, std::size_t resamples) {
  const double mean = *mean_of(values);
  Positions positions(values.size());
  Resampled all;
  for (std::size_t b = 0; b < resamples; ++b) {
    Sums sums{static_cast<double>(values.size())};
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double u = values[positions.next()] - mean;
      sums.first += u;
      sums.second += u * u;
      sums.third += u * u * u;
    }
    all.absolute_t.push_back(std::abs(t_of(sums)));
    all.hall.push_back(hall_of(sums));
  }
  std::sort(all.absolute_t.begin(), all.absolute_t.end());
  std::sort(all.hall.begin(), all.hall.end());
  return all;
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
  std::sort(all.absolute_t.begin(), all.absolute_t.end());
  std::sort(all.hall.begin(), all.hall.end());
  return all;
}

std::vector<double> largest_t(const std::vector<Sample>& family, std::size_t resamples) {
  const FamilyTable table = table_of(family);
  Positions positions(table.units);
  std::vector<double> largest(resamples, 0);
  std::vector<double> count(table.samples);
  std::vector<double> first(table.samples);
  std::vector<double> second(table.samples);
  for (double& most : largest) {
    std::fill(count.begin(), count.end(), 0);
    std::fill(first.begin(), first.end(), 0);
    std::fill(second.begin(), second.end(), 0);
    for (std::size_t i = 0; i < table.units; ++i) {
      const std::size_t row = positions.next() * table.samples;
      for (std::size_t k = 0; k < table.samples; ++k) {
        count[k] += table.present[row + k];
        first[k] += table.value[row + k];
        second[k] += table.square[row + k];
      }
    }
    for (std::size_t k = 0; k < table.samples; ++k) {
      most = std::max(most, std::abs(t_of({count[k], first[k], second[k]})));
    }
  }
  std::sort(largest.begin(), largest.end());
  return largest;
}

}  // namespace cox::report
