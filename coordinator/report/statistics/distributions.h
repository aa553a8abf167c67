#pragma once

namespace cox::report {

// Distribution functions that the tests and intervals need. Absolute error below 1e-9 in the ranges
// given. Pure.

/// P(Z <= x) of the standard normal.
double normal_cdf(double x);
/// The x with normal_cdf(x) = p; 0 < p < 1.
double normal_quantile(double p);

/// P(|T| >= |t|) of Student's t with `freedom` >= 1 degrees: I_x(freedom / 2, 1 / 2) with
/// x = freedom / (freedom + t^2). Source: Abramowitz and Stegun, 26.7.1 and 26.5.27.
double student_t_two_sided(double t, double freedom);
/// The t >= 0 with P(|T| <= t) = level; 0 < level < 1.
double student_t_bound(double level, double freedom);

/// P(T <= t) of noncentral t: (Z + noncentrality) / sqrt(chi^2 / freedom). |t| <= 100.
double noncentral_t_cdf(double t, double freedom, double noncentrality);

/// I_x(a, b), the regularized incomplete beta function; a, b > 0, 0 <= x <= 1. By the continued
/// fraction DLMF 8.17.22.
double incomplete_beta(double x, double a, double b);

}  // namespace cox::report
