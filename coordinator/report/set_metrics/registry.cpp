#include "coordinator/report/set_metrics/set_metrics.h"

// Tests compile this file again with another list.
#ifndef COX_METRICS_DEF
#define COX_METRICS_DEF "schemas/metrics.def"
#endif

namespace cox::report {

#define COX_METRIC(name)
#define COX_SET_METRIC(name) \
  Result<std::unique_ptr<SetStatistic>> statistic_of_##name(const FeatureVectors& features);
#include COX_METRICS_DEF
#undef COX_SET_METRIC

std::span<const SetMetricFunction> set_metric_functions() {
#define COX_SET_METRIC(name) {#name, &statistic_of_##name},
  static const std::vector<SetMetricFunction> kFunctions = {
#include COX_METRICS_DEF
  };
#undef COX_SET_METRIC
#undef COX_METRIC
  return kFunctions;
}

}  // namespace cox::report
