#include "engine/metrics/registry.h"

// Tests compile this file again over a list of their own.
#ifndef COX_METRICS_DEF
#define COX_METRICS_DEF "schemas/metrics.def"
#endif

namespace cox::engine {

#define COX_METRIC(name) std::unique_ptr<Metric> make_##name(const MetricResources& resources);
#define COX_SET_METRIC(name) COX_METRIC(name)
#include COX_METRICS_DEF
#undef COX_METRIC

std::span<const MetricFactory> metric_factories() {
#define COX_METRIC(name) {#name, &make_##name},
  static const MetricFactory kFactories[] = {
#include COX_METRICS_DEF
  };
#undef COX_METRIC
#undef COX_SET_METRIC
  return kFactories;
}

}  // namespace cox::engine
