#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "record/metric_value.h"
#include "schemas/metric_schema.h"

namespace cox::engine {

/// A metric's computation on the reference frames only, reused for every clip that is scored
/// against the same frames.
using ReferenceFeatures = std::vector<at::Tensor>;

/// What a metric may know about a clip besides its frames.
struct ClipFacts {
  std::string prompt;
  double frames_per_second = 0;  ///< 0 when unknown
};

/// A metric of schemas/metrics.def. Frames are [F, 3, H, W] fp32 RGB in [0, 1] on the metric's
/// device. Runs without gradients. Throws if shapes or dtypes are wrong.
/// Owned by one thread. Implement one of FrameMetric, VideoMetric and SetMetric.
class Metric {
 public:
  virtual ~Metric() = default;

  const MetricSchema& schema() const { return *schema_; }
  virtual MetricScope scope() const = 0;

  /// Returns true if the weights file states that its weights are random. Results then have another
  /// name.
  virtual bool has_random_weights() const { return false; }
  std::string recorded_name() const {
    return std::string(cox::recorded_name(schema(), has_random_weights()));
  }

  /// `reference` is undefined if the task has no true frames, which is allowed only for metrics
  /// whose schema has `reference: false`.
  virtual ReferenceFeatures prepare(const at::Tensor& reference) const = 0;
  /// Metrics that use the facts override it.
  virtual ReferenceFeatures prepare_with(const at::Tensor& reference, const ClipFacts&) const {
    return prepare(reference);
  }
  /// The function for callers. Throws as check_clip does.
  ReferenceFeatures prepare_clip(const at::Tensor& reference, const ClipFacts& facts) const;

  /// Fills the fields of the scope: values per frame, the mean, or features.
  virtual void evaluate(const at::Tensor& generated, const ReferenceFeatures& reference,
                        MetricValue& value) const = 0;

 private:
  friend std::unique_ptr<Metric> make_metric(const std::string& name,
                                             const struct MetricResources& resources);
  const MetricSchema* schema_ = nullptr;
};

/// Compares each generated frame with its reference frame. The job's value is the mean.
class FrameMetric : public Metric {
 public:
  MetricScope scope() const final { return MetricScope::kFrame; }
  /// Returns one value per frame, in time order.
  virtual std::vector<double> per_frame(const at::Tensor& generated,
                                        const ReferenceFeatures& reference) const = 0;
  void evaluate(const at::Tensor& generated, const ReferenceFeatures& reference,
                MetricValue& value) const final;
};

/// Returns one value for a clip.
class VideoMetric : public Metric {
 public:
  MetricScope scope() const final { return MetricScope::kVideo; }
  virtual double of_clip(const at::Tensor& generated, const ReferenceFeatures& reference) const = 0;
  void evaluate(const at::Tensor& generated, const ReferenceFeatures& reference,
                MetricValue& value) const final;
};

/// A feature vector for a clip. coordinator/report/set_metrics computes the value of a set from the
/// vectors of its clips; the vector includes the features of the reference frames.
class SetMetric : public Metric {
 public:
  MetricScope scope() const final { return MetricScope::kSet; }
  /// Returns at least one number, and the same count for every clip.
  virtual std::vector<float> features(const at::Tensor& generated,
                                      const ReferenceFeatures& reference) const = 0;
  void evaluate(const at::Tensor& generated, const ReferenceFeatures& reference,
                MetricValue& value) const final;
};

/// Selects the definition of a metric where two exist: docs/metrics.md lists the differences.
enum class MetricConventions { kStandard, kAdaSteer2026 };

/// Inputs that some metrics require besides frames.
struct MetricResources {
  std::string weights = {};  ///< the metric's safetensors file; "" if none is given
  at::Device device{at::kCPU};
  MetricConventions conventions = MetricConventions::kStandard;
};

/// Throws EngineError(kUser) for an unknown name (with the nearest known one) and for a metric that
/// requires weights and is given none. Also throws the errors of the metric's own loading.
std::unique_ptr<Metric> make_metric(const std::string& name, const MetricResources& resources);

/// Throws EngineError(kUser) for a clip that cannot be measured: fewer frames than the schema's
/// min_frames, or an empty prompt for a metric that compares frames with it. Call it before hours
/// of work.
void check_clip(const Metric& metric, std::int64_t scored_frames, const std::string& prompt);

/// Returns the metric's part of a result. Throws EngineError(kUser) for fewer frames than the
/// schema's min_frames and for a network that returns NaN for finite frames, EngineError(kDiverged)
/// if the value cannot be computed because the frames are not finite, and std::logic_error for
/// defects of the metric: a value outside the schema's bounds or a scope other than the schema's.
MetricValue measure(const Metric& metric, const at::Tensor& generated,
                    const ReferenceFeatures& reference);

}  // namespace cox::engine
