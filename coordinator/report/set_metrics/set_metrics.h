#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace cox::report {

/// One vector per video of a set, all of one length, in no particular order.
using FeatureVectors = std::vector<std::vector<float>>;

struct SetMetricFunction {
  std::string_view name;
  Result<double> (*value)(const FeatureVectors& features);
};

/// value_of_NAME of coordinator/report/set_metrics/NAME.cpp for each COX_SET_METRIC of
/// schemas/metrics.def. Defined in an object of its own, so that a program with another list has
/// that one.
std::span<const SetMetricFunction> set_metric_functions();

}  // namespace cox::report
