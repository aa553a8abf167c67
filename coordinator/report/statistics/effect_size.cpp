#include "coordinator/report/statistics/effect_size.h"

#include <cmath>

#include "coordinator/report/statistics/distributions.h"

namespace cox::report {

namespace {

constexpr int kMaxSecantSteps = 30;
constexpr double kSecantTolerance = 1e-10;

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

std::optional<double> minimum_detectable_difference(double deviation, std::size_t count,
                                                    double level) {
  if (count < 2) return std::nullopt;
  const auto n = static_cast<double>(count);
  const double bound = student_t_bound(level, n - 1);
  // Secant steps from the normal approximation; power rises smoothly with the noncentrality.
  double last = bound + normal_quantile(kPower);
  double shift = 1.05 * last;
  double last_excess = power_of(last, bound, n - 1) - kPower;
  for (int i = 0; i < kMaxSecantSteps && std::abs(shift - last) > kSecantTolerance; ++i) {
    const double excess = power_of(shift, bound, n - 1) - kPower;
    const double next = shift - excess * (shift - last) / (excess - last_excess);
    last = shift;
    last_excess = excess;
    shift = next;
  }
  return shift * deviation / std::sqrt(n);
}

}  // namespace cox::report
