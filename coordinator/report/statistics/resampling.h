#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace cox::report {

constexpr std::uint64_t kBootstrapSeed = 0x636f78;  ///< "cox"

/// A value for each unit (video), absent where the sample lacks it. Samples of one family list the
/// same units in the same order.
using Sample = std::vector<std::optional<double>>;

/// The values that the sample has.
std::vector<double> present_values(const Sample& sample);

/// The moments of n values, before anything is drawn.
struct Moments {
  double count = 0;
  double mean = 0;
  double deviation = 0;  ///< divided by n, not n - 1
  double skewness = 0;   ///< mean cube / deviation^3; 0 without deviation

  double standard_error() const;  ///< deviation / sqrt(n - 1)
};
Moments moments_of(const std::vector<double>& values);

/// Hall's transformation of u = (mean - truth) / deviation, which takes the skewness out of it:
/// u + g u^2 / 3 + g^2 u^3 / 27 + g / 6n with skewness g. It rises with u. Hall, "On the removal of
/// skewness by transformation", 1992.
double hall_transform(double u, double skewness, double count);
/// The u with hall_transform(u) = h.
double hall_inverse(double h, double skewness, double count);

/// How resamples of a sample scatter, each list in the order in which they are drawn. A resample of
/// equal values has an infinite t.
struct Resampled {
  std::vector<double> absolute_t;  ///< |mean* - mean| / standard error*
  std::vector<double> hall;        ///< hall_transform of (mean* - mean) / deviation*
};

/// Values of one category after another.
using Strata = std::vector<std::vector<double>>;

/// The same of a stratified sample, whose mean is that of all values: deviation and skewness are
/// those within the strata, so that standard_error() is that of the mean over samples with as many
/// values of each stratum. Every stratum has two values or more; with one stratum these are
/// moments_of. Cochran, "Sampling techniques", 1977, chapter 5.
struct StratifiedMoments {
  Moments moments;
  double degrees = 0;  ///< of freedom of the standard error, by Satterthwaite
};
StratifiedMoments moments_within(const Strata& strata);

/// `resamples` samples with replacement. Draws depend only on the number of values, so pass the
/// values sorted.
Resampled resampled(const std::vector<double>& values, std::size_t resamples);

/// The same of several samples with equally many values, to the last bit, in a fraction of the
/// time. The result has two numbers for each sample and resample.
std::vector<Resampled> resampled_each(const std::vector<std::vector<double>>& samples,
                                      std::size_t resamples);

/// resampled() of a stratified sample, each resample taking as many values of each stratum as there
/// are.
Resampled resampled_within(const Strata& strata, std::size_t resamples);

/// How the largest |t| over the samples of a family scatters.
struct LargestT {
  std::vector<double> values;       ///< of each resample, in the order in which they are drawn
  std::vector<std::size_t> beyond;  ///< of each sample: its resamples whose |t| exceeds the bound
};

/// Each of `resamples` resamples takes the same units for every sample, so that what the samples
/// share stays shared. Every sample has two different values or more.
LargestT largest_t(const std::vector<Sample>& family, std::size_t resamples, double bound);

}  // namespace cox::report
