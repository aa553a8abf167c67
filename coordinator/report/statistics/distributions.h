#pragma once

namespace cox::report {

// The distribution functions that tests and intervals need, from Boost.Math. A COX_CHECK guards
// each domain. Pure.

/// P(Z <= x) of the standard normal.
double normal_cdf(double x);
/// The x with normal_cdf(x) = p; 0 < p < 1.
double normal_quantile(double p);

/// P(|T| >= |t|) of Student's t with `freedom` >= 1 degrees; t may be infinite.
double student_t_two_sided(double t, double freedom);
/// The t >= 0 with P(|T| <= t) = level; 0 < level < 1.
double student_t_bound(double level, double freedom);

/// P(T <= t) of noncentral t: (Z + noncentrality) / sqrt(chi^2 / freedom).
double noncentral_t_cdf(double t, double freedom, double noncentrality);

/// P(X <= successes) of `trials` tosses of a fair coin.
double fair_binomial_cdf(double successes, double trials);

}  // namespace cox::report
