#include "coordinator/report/statistics/effect_size.h"

#include <cmath>
#include <map>
#include <mutex>
#include <utility>

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

namespace {

/// The noncentrality at which a test of `count` values finds kPower of the differences. Secant
/// steps from the normal approximation; power rises smoothly with the noncentrality.
double detectable_shift(std::size_t count, double level) {
  const double freedom = static_cast<double>(count) - 1;
  const double bound = student_t_bound(level, freedom);
  double last = bound + normal_quantile(kPower);
  double shift = 1.05 * last;
  double last_excess = power_of(last, bound, freedom) - kPower;
  for (int i = 0; i < kMaxSecantSteps && std::abs(shift - last) > kSecantTolerance; ++i) {
    const double excess = power_of(shift, bound, freedom) - kPower;
    const double next = shift - excess * (shift - last) / (excess - last_excess);
    last = shift;
    last_excess = excess;
    shift = next;
  }
  return shift;
}

/// detectable_shift(), which takes milliseconds, of the last requested counts and levels:
/// the comparisons of a series mostly have equally many pairs.
double known_detectable_shift(std::size_t count, double level) {
  constexpr std::size_t kMostKnown = 256;
  static std::mutex mutex;
  static std::map<std::pair<std::size_t, double>, double> known;
  {
    const std::lock_guard lock(mutex);
    const auto found = known.find({count, level});
    if (found != known.end()) return found->second;
  }
  const double shift = detectable_shift(count, level);
  const std::lock_guard lock(mutex);
  if (known.size() >= kMostKnown) known.clear();
  known[{count, level}] = shift;
  return shift;
}

}  // namespace

std::optional<double> minimum_detectable_difference(double deviation, std::size_t count,
                                                    double level) {
  if (count < 2) return std::nullopt;
  return known_detectable_shift(count, level) * deviation / std::sqrt(static_cast<double>(count));
}

}  // namespace cox::report
