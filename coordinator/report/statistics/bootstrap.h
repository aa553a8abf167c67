#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "coordinator/report/statistics/summary.h"

namespace cox::report {

constexpr std::size_t kResamples = 10'000;
constexpr std::uint64_t kBootstrapSeed = 0x636f78;  ///< "cox"

/// The bias-corrected and accelerated bootstrap interval (BCa) of a mean: Efron, "Better bootstrap
/// confidence intervals", 1987. Draws depend on the number of values alone.
///
///     z0 = quantile((#{b < mean} + #{b <= mean}) / 2B), b the means of B = kResamples resamples;
///          means that only rounding tells apart are equal, the share is at least 1 / 2B and at
///          most 1 - 1 / 2B
///     a  = sum u^3 / (6 (sum u^2)^1.5), u = value - mean: the jackknife's acceleration of a mean
///     the bounds are the resamples' quantiles at cdf(z0 + (z0 + z) / (1 - a (z0 + z)))
///
/// Absent below 2 values. Of equal values it is that value.
std::optional<Interval> bootstrap_interval(std::vector<double> values);

/// The acceleration `a` above, for tests; 0 when all values are equal.
double acceleration_of_mean(const std::vector<double>& values);

}  // namespace cox::report
