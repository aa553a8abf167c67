#pragma once

#include <vector>

namespace cox::report {

/// Holm's step-down correction: the i-th smallest of m p-values becomes the largest, so far, of
/// min(1, (m - i + 1) p). Comparing the results with alpha keeps the chance of any false finding in
/// the family below alpha. In the order of `p`. Holm, "A simple sequentially rejective multiple
/// test procedure", 1979.
std::vector<double> holm(const std::vector<double>& p);

}  // namespace cox::report
