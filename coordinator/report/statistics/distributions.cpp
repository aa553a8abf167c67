#include "coordinator/report/statistics/distributions.h"

#include <algorithm>
#include <cmath>

#include "base/status.h"

namespace cox::report {

namespace {

constexpr int kMaxFractionTerms = 2'000;
constexpr double kTiny = 1e-300;  ///< stands for 0 in a denominator of the continued fraction
constexpr int kHalvings = 200;    ///< enough to reach neighbouring doubles
constexpr int kSimpsonIntervals = 1'000;  ///< even

/// The continued fraction of I_x(a, b) by Lentz's method; converges fast for x < (a + 1) / (a + b +
/// 2).
double beta_fraction(double x, double a, double b) {
  double c = 1;
  double d = 1 / std::max(1 - (a + b) * x / (a + 1), kTiny);
  double fraction = d;
  for (int m = 1; m <= kMaxFractionTerms; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    double change = 1;
    for (const double numerator : {even, odd}) {
      d = 1 + numerator * d;
      c = 1 + numerator / c;
      d = 1 / (std::abs(d) < kTiny ? kTiny : d);
      c = std::abs(c) < kTiny ? kTiny : c;
      change = c * d;
      fraction *= change;
    }
    if (std::abs(change - 1) < 1e-15) break;
  }
  return fraction;
}

/// The x in [low, high] where the rising function `f` reaches `value`.
template <typename Function>
double where_reached(const Function& f, double value, double low, double high) {
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (low + high) / 2;
    if (middle == low || middle == high) break;  // neighbours: nothing lies between them
    (f(middle) < value ? low : high) = middle;
  }
  return (low + high) / 2;
}

}  // namespace

double normal_cdf(double x) { return std::erfc(-x / std::sqrt(2.0)) / 2; }

double normal_quantile(double p) {
  COX_CHECK(p > 0 && p < 1, "a probability strictly between 0 and 1");
  // The upper half through the lower: near 1 a double has no digits left for the tail.
  if (p > 0.5) return -normal_quantile(1 - p);
  return where_reached(normal_cdf, p, -40, 0);
}

double incomplete_beta(double x, double a, double b) {
  COX_CHECK(a > 0 && b > 0 && x >= 0 && x <= 1, "arguments in the domain");
  if (x == 0 || x == 1) return x;
  const double front = std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) +
                                a * std::log(x) + b * std::log1p(-x));
  if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(x, a, b) / a;
  return 1 - front * beta_fraction(1 - x, b, a) / b;
}

double student_t_two_sided(double t, double freedom) {
  COX_CHECK(freedom >= 1, "at least one degree of freedom");
  if (std::isinf(t)) return 0;
  return incomplete_beta(freedom / (freedom + t * t), freedom / 2, 0.5);
}

double student_t_bound(double level, double freedom) {
  COX_CHECK(level > 0 && level < 1, "a level strictly between 0 and 1");
  const auto covered = [&](double t) { return 1 - student_t_two_sided(t, freedom); };
  double high = 1;
  while (covered(high) < level) high *= 2;
  return where_reached(covered, level, 0, high);
}

double noncentral_t_cdf(double t, double freedom, double noncentrality) {
  COX_CHECK(freedom >= 1, "at least one degree of freedom");
  // Integral over s = sqrt(chi^2 / freedom) of P(Z <= t s - noncentrality) times the density of s,
  // which lies within 12 of its standard deviations, about 1 / sqrt(2 freedom), around 1.
  const double reach = 12 / std::sqrt(2 * freedom);
  const double low = std::max(0.0, 1 - reach);
  const double width = (1 + reach - low) / kSimpsonIntervals;
  const double log_scale =
      std::log(2.0) + freedom / 2 * std::log(freedom / 2) - std::lgamma(freedom / 2);
  const auto integrand = [&](double s) {
    const double log_power = freedom == 1 ? 0 : (freedom - 1) * std::log(s);
    return std::exp(log_scale + log_power - freedom * s * s / 2) *
           normal_cdf(t * s - noncentrality);
  };
  double sum = integrand(low) + integrand(1 + reach);
  for (int i = 1; i < kSimpsonIntervals; ++i) {
    sum += (i % 2 == 1 ? 4 : 2) * integrand(low + i * width);
  }
  return sum * width / 3;
}

}  // namespace cox::report
