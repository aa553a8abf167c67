#include "engine/metrics/metric.h"

#include <numeric>

#include "base/text.h"
#include "engine/metrics/registry.h"
#include "engine/tensors/error.h"
#include "engine/tensors/shape.h"

namespace cox::engine {

std::vector<std::string> metric_names() {
  return {
#define COX_METRIC(name) #name,
#include "schemas/metrics.def"
#undef COX_METRIC
  };
}

std::unique_ptr<Metric> make_metric(const std::string& name, const MetricResources& resources) {
#define COX_METRIC(known) \
  if (name == #known) return make_##known(resources);
#include "schemas/metrics.def"
#undef COX_METRIC
  const std::string near = nearest_name(name, metric_names());
  throw user_error(concat("no metric is called '", name, "'; expected ", join(metric_names(), ", "),
                          near.empty() ? "" : "; did you mean '" + near + "'?"));
}

MetricValue measure(const Metric& metric, const at::Tensor& generated,
                    const ReferenceFeatures& reference) {
  check_frames(generated, "generated frames");
  const at::NoGradGuard no_grad;
  MetricValue series{metric.recorded_name(), 0, metric.per_frame(generated, reference)};
  series.mean = std::accumulate(series.per_frame.begin(), series.per_frame.end(), 0.0) /
                static_cast<double>(series.per_frame.size());
  return series;
}

void check_frames(const at::Tensor& frames, const char* what) {
  check_shape(frames, {kAny, 3, kAny, kAny}, what);
  if (frames.scalar_type() != at::kFloat || frames.numel() == 0) {
    throw std::invalid_argument(concat(what, ": expected at least one fp32 frame, got ",
                                       shape_text(frames.sizes()), " of ",
                                       c10::toString(frames.scalar_type())));
  }
}

}  // namespace cox::engine
