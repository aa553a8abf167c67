#pragma once

#include <cstddef>
#include <vector>

namespace cox::report {

/// The number of values in [low, high); in the last bin also those equal to high.
struct Bin {
  double low = 0;
  double high = 0;
  std::size_t count = 0;
};

/// Finite values, in any order, in bins of equal width: about as many as the square root of their
/// number, at least 1 and at most 40. Empty without values; one bin when all are equal.
std::vector<Bin> histogram(const std::vector<double>& values);

}  // namespace cox::report
