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
#include "engine/tensors/torch.h"

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

bool is_finite(const MetricValue& value) {
  const auto finite = [](double number) { return std::isfinite(number); };
  return finite(value.mean) &&
         std::all_of(value.per_frame.begin(), value.per_frame.end(), finite) &&
         std::all_of(value.features.begin(), value.features.end(), finite);
}

/// A coordinator takes finite numbers only. Frames that are not finite are a finding; a network
/// that makes NaN of finite frames is a defect of its file.
void check_value(const Metric& metric, const at::Tensor& generated, const MetricValue& value) {
  if (is_finite(value)) return;
  if (!generated.isfinite().all().item<bool>()) {
    throw EngineError(
        FailureCause::kDiverged,
        fmt::format("{}: cannot be computed, because the generated frames are not finite",
                    value.name),
        "not_finite");
  }
  throw user_error(
      fmt::format("{}: the frames are finite, but the value is not; {}", value.name,
                  metric.schema().weights
                      ? "the network in its weights file overflows or holds NaN: convert the "
                        "public file again, or leave the metric out"
                      : "leave the metric out"),
      "metric_not_finite");
}

void check_frame_count(const MetricSchema& schema, std::int64_t frames) {
  if (frames >= schema.min_frames) return;
  throw user_error(
      fmt::format("{}: expected at least {} scored frames, got {}; score more frames "
                  "(total_frames) or leave the metric out",
                  schema.name, schema.min_frames, frames));
}

void check_prompt(const MetricSchema& schema, const std::string& prompt) {
  if (!schema.prompt || !trim(prompt).empty()) return;
  throw user_error(fmt::format(
      "{}: expected a prompt, got an empty one; give the video a caption, set prompt_source: "
      "constant with a constant_prompt, or leave the metric out",
      schema.name));
}

}  // namespace

ReferenceFeatures Metric::prepare_clip(const at::Tensor& reference, const ClipFacts& facts) const {
  // Without true frames only the generated frames matter, and measure() checks them.
  if (reference.defined()) check_frame_count(schema(), reference.size(0));
  check_prompt(schema(), facts.prompt);
  return prepare_with(reference, facts);
}

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

void check_clip(const Metric& metric, std::int64_t scored_frames, const std::string& prompt) {
  check_frame_count(metric.schema(), scored_frames);
  check_prompt(metric.schema(), prompt);
}

MetricValue measure(const Metric& metric, const at::Tensor& generated,
                    const ReferenceFeatures& reference) {
  check_frames(generated, "generated frames");
  check_frame_count(metric.schema(), generated.size(0));
  const at::NoGradGuard no_grad;
  MetricValue value;
  value.name = metric.recorded_name();
  metric.evaluate(generated, reference, value);
  check_value(metric, generated, value);
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
