#include "coordinator/report/statistics/rank_tests.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "coordinator/report/statistics/distributions.h"

namespace cox::report {

namespace {

/// Differences that are not zero by magnitude, with twice their ranks: whole numbers even where
/// ties share a rank.
struct Ranked {
  std::vector<double> differences;
  std::vector<std::size_t> twice_ranks;
  double tie_term = 0;  ///< sum of t^3 - t over groups of t equal magnitudes
};

Ranked ranked(const std::vector<double>& differences) {
  Ranked all;
  std::copy_if(differences.begin(), differences.end(), std::back_inserter(all.differences),
               [](double d) { return d != 0; });
  auto& sorted = all.differences;
  std::sort(sorted.begin(), sorted.end(),
            [](double a, double b) { return std::abs(a) < std::abs(b); });
  for (std::size_t begin = 0; begin < sorted.size();) {
    std::size_t end = begin;
    while (end < sorted.size() && std::abs(sorted[end]) == std::abs(sorted[begin])) ++end;
    // Ranks begin + 1 to end share their mean, (begin + 1 + end) / 2.
    all.twice_ranks.resize(end, begin + 1 + end);
    const auto ties = static_cast<double>(end - begin);
    all.tie_term += ties * ties * ties - ties;
    begin = end;
  }
  return all;
}

/// P(sum of a random subset of `weights` <= bound): each weight is in it with probability 1/2.
double subset_sum_cdf(std::vector<std::size_t> weights, std::size_t bound) {
  // Where no ranks are shared, twice the ranks are even, and so is every sum of them.
  const bool even = std::all_of(weights.begin(), weights.end(), [](auto w) { return w % 2 == 0; });
  if (even) {
    for (std::size_t& weight : weights) weight /= 2;
    bound /= 2;
  }
  std::vector<double> chance(bound + 1, 0.0);
  chance[0] = 1;
  std::size_t largest = 0;  // of the sums of the weights so far
  for (const std::size_t weight : weights) {
    largest = std::min(bound, largest + weight);
    for (std::size_t sum = largest; sum >= weight; --sum) {
      chance[sum] = (chance[sum] + chance[sum - weight]) / 2;
    }
    for (std::size_t sum = 0; sum < std::min(weight, largest + 1); ++sum) chance[sum] /= 2;
  }
  double total = 0;
  for (const double share : chance) total += share;
  return total;
}

double normal_p(const Ranked& all, double smaller) {
  const auto n = static_cast<double>(all.differences.size());
  const double mean = n * (n + 1) / 4;
  const double variance = n * (n + 1) * (2 * n + 1) / 24 - all.tie_term / 48;
  return std::min(1.0, 2 * normal_cdf((smaller - mean) / std::sqrt(variance)));
}

}  // namespace

SignedRank signed_rank(const std::vector<double>& differences) {
  const Ranked all = ranked(differences);
  SignedRank test;
  test.ranked = all.differences.size();
  std::size_t twice_positive = 0;
  std::size_t twice_negative = 0;
  for (std::size_t i = 0; i < test.ranked; ++i) {
    (all.differences[i] > 0 ? twice_positive : twice_negative) += all.twice_ranks[i];
  }
  test.positive = static_cast<double>(twice_positive) / 2;
  test.negative = static_cast<double>(twice_negative) / 2;
  if (test.ranked == 0) return test;
  const std::size_t smaller = std::min(twice_positive, twice_negative);
  test.exact = test.ranked <= kMaxExactRanks;
  test.p = test.exact ? std::min(1.0, 2 * subset_sum_cdf(all.twice_ranks, smaller))
                      : normal_p(all, static_cast<double>(smaller) / 2);
  return test;
}

std::optional<double> sign_test(std::size_t wins, std::size_t losses) {
  const std::size_t n = wins + losses;
  if (n == 0) return std::nullopt;
  if (wins == losses) return 1.0;
  const auto fewer = static_cast<double>(std::min(wins, losses));
  return std::min(1.0, 2 * fair_binomial_cdf(fewer, static_cast<double>(n)));
}

}  // namespace cox::report
