#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace cox::report {

/// One vector per video of a set, all of one length, in no particular order.
using FeatureVectors = std::vector<std::vector<float>>;

/// The videos of a set, ready for the metric's value over any resample of them. Immutable.
class SetStatistic {
 public:
  virtual ~SetStatistic() = default;

  /// Of the space in which the videos are points.
  virtual std::size_t dimension() const = 0;

  /// The fewest different videos that have a value.
  virtual std::size_t least_videos() const = 0;

  /// Whether the expected value over n videos differs from the one over all videos there are by a
  /// term that falls as 1 / n, so that it can be extrapolated.
  virtual bool is_biased() const = 0;

  /// The value in double precision when video i counts times[i] times. At least least_videos() of
  /// them count.
  virtual double value(std::span<const int> times) const = 0;
};

struct SetMetricFunction {
  std::string_view name;
  /// kInternal for vectors that the metric cannot have written.
  Result<std::unique_ptr<SetStatistic>> (*statistic)(const FeatureVectors& features);
};

/// statistic_of_NAME of coordinator/report/set_metrics/NAME.cpp for each COX_SET_METRIC of
/// schemas/metrics.def. Defined in a separate object, so that a program with another list has
/// that one.
std::span<const SetMetricFunction> set_metric_functions();

}  // namespace cox::report
