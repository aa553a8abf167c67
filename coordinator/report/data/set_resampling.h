#pragma once

#include <cstddef>
#include <optional>

#include "coordinator/report/set_metrics/set_metrics.h"
#include "coordinator/report/statistics/summary.h"

namespace cox::report {

/// Videos below which nothing is extrapolated: half of them would be too few to fit a line.
constexpr std::size_t kLeastForExtrapolation = 16;

/// How many resamples an interval of a difference takes, and how many over more than kManyVideos,
/// where one takes a tenth of a second.
constexpr std::size_t kSetResamples = 1000;
constexpr std::size_t kManyVideos = 256;
constexpr std::size_t kFewerResamples = 200;
constexpr std::size_t set_resamples(std::size_t videos) {
  return videos > kManyVideos ? kFewerResamples : kSetResamples;
}

/// The value over `videos` videos, each counted once.
double value_of_all(const SetStatistic& statistic, std::size_t videos);

/// The value that a set without end would have: the intercept of the least-squares line through the
/// values over subsets, against 1 / their size. Six sizes from half of the videos to all, equally
/// spaced in 1 / size, eight random subsets of each, two above kManyVideos. Chong and Forsyth,
/// "Effectively unbiased FID and Inception Score and where to find them", 2020. Absent for a
/// statistic without that bias and for fewer than kLeastForExtrapolation videos. Equal on every
/// machine.
std::optional<double> extrapolated(const SetStatistic& statistic, std::size_t videos);

/// An interval of `level` for the difference `one` - `other` of statistics over the same videos in
/// the same order: each of `resamples` resamples takes the same videos for both. The basic
/// bootstrap, 2 difference - quantiles, which takes out what resampling adds to a biased value.
/// Absent for fewer than kLeastForInference videos, and for 0 resamples.
std::optional<Interval> difference_interval(const SetStatistic& one, const SetStatistic& other,
                                            std::size_t videos, std::size_t resamples,
                                            double level = kLevel);

}  // namespace cox::report
