#include "engine/metrics/metric.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "base/text.h"
#include "engine/metrics/registry.h"
#include "engine/tensors/error.h"
#include "engine/tensors/shape.h"

namespace cox::engine {

namespace {

/// How far rounding may move a value past a bound, relative to the bound's size.
constexpr double kTolerance = 1e-6;

void check_bounds(const MetricSchema& schema, double value) {
  const auto slack = [](double bound) { return kTolerance * std::max(1.0, std::abs(bound)); };
  const bool below = schema.min && value < *schema.min - slack(*schema.min);
  const bool above = schema.max && value > *schema.max + slack(*schema.max);
  if (!below && !above) return;
  throw std::logic_error(
      fmt::format("metric {}: value {} is outside the bounds of its schema", schema.name, value));
}

}  // namespace

void FrameMetric::evaluate(const at::Tensor& generated, const ReferenceFeatures& reference,
                           MetricValue& value) const {
  value.per_frame = per_frame(generated, reference);
  value.mean = std::accumulate(value.per_frame.begin(), value.per_frame.end(), 0.0) /
               static_cast<double>(value.per_frame.size());
}

void VideoMetric::evaluate(const at::Tensor& generated, const ReferenceFeatures& reference,
                           MetricValue& value) const {
  value.mean = of_clip(generated, reference);
}

void SetMetric::evaluate(const at::Tensor& generated, const ReferenceFeatures& reference,
                         MetricValue& value) const {
  value.features = features(generated, reference);
  if (value.features.empty()) {
    throw std::logic_error(fmt::format("metric {}: a clip has no features", schema().name));
  }
}

std::unique_ptr<Metric> make_metric(const std::string& name, const MetricResources& resources) {
  const auto factories = metric_factories();
  const auto factory = std::find_if(factories.begin(), factories.end(),
                                    [&](const MetricFactory& known) { return known.name == name; });
  if (factory == factories.end()) {
    const std::string near = nearest_name(name, metric_names());
    throw user_error(fmt::format("unknown metric '{}'; expected {}{}", name,
                                 join(metric_names(), ", "),
                                 near.empty() ? "" : "; did you mean '" + near + "'?"));
  }
  const MetricSchema& schema = *find_metric(name);
  if (schema.weights && resources.weights.empty()) {
    throw user_error(
        fmt::format("metric {} needs a weights file; expected backbone.weights: "
                    "{{{}: FILE}} in the sweep{}{}",
                    name, name, schema.weights_source.empty() ? "" : "; ", schema.weights_source),
        "metric_weights");
  }
  std::unique_ptr<Metric> metric = factory->make(resources);
  metric->schema_ = &schema;
  if (metric->scope() != schema.scope) {
    throw std::logic_error(fmt::format("metric {}: its schema declares another scope", name));
  }
  return metric;
}

MetricValue measure(const Metric& metric, const at::Tensor& generated,
                    const ReferenceFeatures& reference) {
  check_frames(generated, "generated frames");
  const at::NoGradGuard no_grad;
  MetricValue value;
  value.name = metric.recorded_name();
  metric.evaluate(generated, reference, value);
  if (metric.scope() != MetricScope::kSet) check_bounds(metric.schema(), value.mean);
  for (const double frame : value.per_frame) check_bounds(metric.schema(), frame);
  return value;
}

void check_frames(const at::Tensor& frames, const char* what) {
  check_shape(frames, {kAny, 3, kAny, kAny}, what);
  if (frames.scalar_type() != at::kFloat || frames.numel() == 0) {
    throw std::invalid_argument(fmt::format("{}: expected at least one fp32 frame, got {} of {}",
                                            what, shape_text(frames.sizes()),
                                            c10::toString(frames.scalar_type())));
  }
}

}  // namespace cox::engine
