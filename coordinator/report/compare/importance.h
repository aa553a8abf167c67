#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/report/data/metrics.h"
#include "coordinator/report/data/run_data.h"
#include "coordinator/report/statistics/summary.h"

namespace cox::report {

/// How much a metric of a series depends on one parameter, or on the method.
struct ParameterImportance {
  std::string name;
  std::vector<std::string> also = {};  ///< parameters that change exactly where this one does
  std::size_t levels = 0;
  /// Permutation importance: the share of the variance of the runs' means that the model no longer
  /// explains, on average over all ways to shuffle this parameter's values among the runs. From 0;
  /// up to 2, as a shuffled value can be worse than none.
  double importance = 0;
  Interval interval = {};  ///< kLevel, from resampling the videos
  /// Of "the parameter does nothing": how often a shuffled parameter is as important.
  double p = 1;
  double effect = 0;            ///< from the worst level to the best one, in the metric's unit
  std::string best_level = {};  ///< by the metric's direction
  /// Part of its effect cannot be separated from other parameters in these runs.
  bool confounded = false;
};

struct SeriesImportance {
  std::string series;
  Metric metric = {};
  std::size_t runs = 0;
  std::string item = {};                             ///< the word for one item
  std::size_t videos = 0;                            ///< items on which every run has the metric
  double explained = 0;                              ///< R^2 of the model
  std::size_t free_runs = 0;                         ///< runs minus what the model fits
  std::vector<ParameterImportance> parameters = {};  ///< most important first
  std::vector<std::string> warnings = {};
};

/// Fits the runs' means over the videos that all of them finished by the sum of one effect of each
/// parameter that they vary: of each level, or for more than kMostSingleLevels numeric levels a
/// parabola over their order. Interactions stay unexplained. Draws nothing but resamples, which
/// depend only on the number of videos and runs. kFailedPrecondition when there is nothing to
/// fit: fewer than two varying runs, no common video, equal means, or no run beyond what the model
/// fits; also for runs whose numbers cannot be compared.
Result<SeriesImportance> importance_of(const std::vector<RunData>& runs, const Metric& metric);

constexpr std::size_t kMostSingleLevels = 3;

}  // namespace cox::report
