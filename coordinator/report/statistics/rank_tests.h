#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace cox::report {

/// Up to this many differences that are not zero the signed-rank p is exact, ties included; beyond,
/// it is the normal approximation.
constexpr std::size_t kMaxExactRanks = 128;

/// Wilcoxon's signed-rank test of differences against "symmetric about zero". Zeros are dropped
/// (Wilcoxon's way), equal magnitudes share the mean of their ranks. Wilcoxon, "Individual
/// comparisons by ranking methods", 1945.
struct SignedRank {
  std::size_t ranked = 0;  ///< differences that are not zero
  double positive = 0;     ///< sum of the ranks of positive differences
  double negative = 0;
  std::optional<double> p;  ///< two-sided; absent when every difference is zero
  bool exact = true;        ///< p counts all 2^ranked signs instead of approximating
};
SignedRank signed_rank(const std::vector<double>& differences);

/// The sign test: two-sided exact binomial p of `wins` against `losses` at even odds; absent when
/// there are neither.
std::optional<double> sign_test(std::size_t wins, std::size_t losses);

}  // namespace cox::report
