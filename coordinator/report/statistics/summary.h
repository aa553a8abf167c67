#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace cox::report {

/// The level of every interval that is reported.
constexpr double kLevel = 0.95;

/// No interval and no p of a mean is given for fewer values: below, they cover too little for
/// skewed values, whatever the method (docs/statistics.md).
constexpr std::size_t kLeastForInference = 20;

struct Interval {
  double low = 0;
  double high = 0;
  bool operator==(const Interval&) const = default;
};

/// The mean of a sample of finite values. A statistic that needs more values than there are is
/// absent.
struct Summary {
  std::size_t count = 0;
  std::optional<double> mean;            ///< from 1 value on
  std::optional<double> median;          ///< from 1; of an even number the middle of the two
  std::optional<double> deviation;       ///< sample standard deviation, n - 1; from 2
  std::optional<double> standard_error;  ///< deviation / sqrt(n); from 2
  std::optional<Interval> t_interval;    ///< mean +- t(kLevel, n - 1) standard_error; from 2
};

/// Whether finite values are equal but for rounding: that of a subtraction leaves differences that
/// are all 0.2 apart in their last bits.
bool all_equal(const std::vector<double>& values);

/// The mean of finite values, absent without any. Summed in ascending order, so that it does not
/// depend on the order of the videos.
std::optional<double> mean_of(std::vector<double> values);

/// `values` in any order; all finite.
Summary summarized(std::vector<double> values);

}  // namespace cox::report
