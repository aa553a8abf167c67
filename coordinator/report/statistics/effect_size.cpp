#include "coordinator/report/statistics/effect_size.h"

#include <cmath>

#include "coordinator/report/statistics/distributions.h"
#include "coordinator/report/statistics/summary.h"

namespace cox::report {

namespace {

constexpr int kHalvings = 50;

/// The chance that |t| passes the bound when the true mean is `noncentrality` standard errors.
double power_of(double noncentrality, double bound, double freedom) {
  return 1 - noncentral_t_cdf(bound, freedom, noncentrality) +
         noncentral_t_cdf(-bound, freedom, noncentrality);
}

}  // namespace

std::optional<double> standardized_effect(double mean, double deviation, std::size_t count) {
  if (count < 3 || deviation == 0) return std::nullopt;
  const double v = static_cast<double>(count) - 1;
  const double log_j = std::lgamma(v / 2) - std::lgamma((v - 1) / 2) - std::log(v / 2) / 2;
  return std::exp(log_j) * mean / deviation;
}

std::optional<double> minimum_detectable_difference(double deviation, std::size_t count) {
  if (count < 2) return std::nullopt;
  const auto n = static_cast<double>(count);
  const double bound = student_t_bound(kLevel, n - 1);
  double low = 0;
  double high = 1;
  while (power_of(high, bound, n - 1) < kPower) high *= 2;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (low + high) / 2;
    (power_of(middle, bound, n - 1) < kPower ? low : high) = middle;
  }
  return (low + high) / 2 * deviation / std::sqrt(n);
}

}  // namespace cox::report
