#pragma once

#include <cstddef>
#include <optional>

#include "coordinator/report/statistics/summary.h"

namespace cox::report {

constexpr double kPower = 0.8;  ///< of which the minimum detectable difference speaks

/// Hedges' g_z of paired differences: mean / deviation, times J = Gamma(v / 2) / (sqrt(v / 2)
/// Gamma((v - 1) / 2)) with v = n - 1 against its bias in small samples. Hedges, "Distribution
/// theory for Glass's estimator of effect size", 1981. Absent below 3 values or when the deviation
/// is 0.
std::optional<double> standardized_effect(double mean, double deviation, std::size_t count);

/// The true mean difference that a two-sided paired t-test at 1 - `level` finds in the share kPower
/// of studies with `count` videos whose differences have this standard deviation. From the
/// noncentral t distribution. Absent below 2 values.
std::optional<double> minimum_detectable_difference(double deviation, std::size_t count,
                                                    double level = kLevel);

}  // namespace cox::report
