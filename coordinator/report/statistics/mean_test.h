#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "coordinator/report/statistics/resampling.h"
#include "coordinator/report/statistics/summary.h"

namespace cox::report {

constexpr std::size_t kResamples = 10'000;
/// A family of m is resampled kResamples times, or m times as often as this where that is more, so
/// that a share of 0.05 / 2m is more than one resample.
constexpr std::size_t kResamplesEach = 100;
/// A sample is carried by a few of its values when its resampled |t| exceeds so many times
/// Student's bound of its family in more than (1 - kLevel) / comparisons of the resamples.
constexpr double kCarriedBeyond = 3;

/// Tests "the true mean is `null`" in three ways and lets the largest p count, since each fails
/// somewhere (docs/statistics.md has the simulation): Student's t, right for symmetric values and
/// heavy tails; Hall's transformed bootstrap, right for skewed ones; and the studentized bootstrap
/// of the largest |t| of the family (Westfall and Young, "Resampling-based multiple testing",
/// 1993), which knows what the comparisons share. The first two are corrected by Bonferroni. The
/// interval inverts p: it holds the nulls with p >= 1 - level. A family of one is not corrected.
///
/// A sample that a few of its values carry would have the largest |t| of most resamples and hide
/// every finding of the family. It takes no part in it and is tested by its own |t|, corrected by
/// Bonferroni; the level of the largest |t| is then the share of the others.
class MeanTest {
 public:
  /// Of two or more values that are not all equal, in ascending order, with their resamples: a
  /// family of one.
  MeanTest(const std::vector<double>& sorted_values, Resampled own);
  /// One of a family of `comparisons` with these largest |t|, whose p is multiplied by
  /// `largest_t_factor`; `hall` are those of the sample's own resamples.
  MeanTest(const std::vector<double>& sorted_values, std::vector<double> hall,
           std::size_t comparisons, std::vector<double> largest_t, double largest_t_factor);
  /// A family of one, with values in any order.
  explicit MeanTest(std::vector<double> values, std::size_t resamples = kResamples);
  /// A family of one whose values are a stratified sample: every test takes the spread within the
  /// strata, and resamples are drawn within them. They have two values or more each.
  explicit MeanTest(const Strata& strata, std::size_t resamples = kResamples);

  double p(double null = 0) const;
  /// Absent where a bound would be infinite: too many resamples hold equal values.
  std::optional<Interval> interval(double level = kLevel) const;

 private:
  double hall_p(double null) const;
  std::optional<Interval> hall_interval(double alpha) const;
  std::optional<Interval> largest_t_interval(double alpha) const;

  Moments moments_;
  double degrees_ = 0;  ///< of freedom of the standard error
  double comparisons_ = 1;
  std::vector<double> hall_;       ///< of the resamples
  std::vector<double> largest_t_;  ///< likewise
  double largest_t_factor_ = 1;    ///< by which p of the largest |t| is multiplied
};

/// The p and interval of a sample's mean, by itself or as one of a family. Absent below
/// kLeastForInference values, and when all are 0.
struct MeanInference {
  std::optional<double> p;
  std::optional<Interval> interval;
  bool operator==(const MeanInference&) const = default;
};

/// By itself, in any order. Equal values but 0 have p 0 and that value as interval.
MeanInference infer_mean(const std::vector<double>& values);
/// The same of each sample, to the last bit, in a fraction of the time.
std::vector<MeanInference> infer_means(std::vector<std::vector<double>> samples);

/// Calls `use` with the place and the test of each sample by itself, in no particular order. Every
/// sample has two values or more that are not all equal.
void test_each(std::vector<std::vector<double>> samples,
               const std::function<void(std::size_t, const MeanTest&)>& use,
               std::size_t resamples = kResamples);

/// The mean of all values of a sample that was taken category by category; two categories or more.
/// Categories of one value are taken together, since one value has no spread. Absent where
/// infer_mean gives nothing, and where no category's values differ.
MeanInference infer_mean_within(Strata categories);

/// Corrected for a family: the chance of any p below alpha among true means of 0 is about alpha.
struct FamilyInference {
  std::size_t size = 0;  ///< samples with a p
  std::vector<MeanInference> members;
};
FamilyInference infer_family(const std::vector<Sample>& family, std::size_t resamples = kResamples);

/// Two one-sided tests of "the true mean is -`margin` or less" and "`margin` or more": below 0.05
/// exactly when interval(0.90) is within the margins. Schuirmann, "A comparison of the two
/// one-sided tests procedure", 1987. `margin` > 0.
double equivalence_p(const MeanTest& test, double mean, double margin);

}  // namespace cox::report
