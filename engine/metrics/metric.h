#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "record/metric_value.h"
#include "schemas/metric_schema.h"

namespace cox::engine {

/// What a metric computes from the reference frames only. It is reused for every clip that is
/// scored against the same frames.
using ReferenceFeatures = std::vector<at::Tensor>;

/// What a metric may know of a clip besides its frames.
struct ClipFacts {
  std::string prompt;
  double frames_per_second = 0;  ///< 0 when unknown
};

/// A metric of schemas/metrics.def. Frames are [F, 3, H, W] fp32 RGB in [0, 1] on the metric's
/// device. Runs without gradients. Throws when shapes or dtypes are wrong.
/// Owned by one thread. Implement one of FrameMetric, VideoMetric and SetMetric.
class Metric {
 public:
  virtual ~Metric() = default;

  const MetricSchema& schema() const { return *schema_; }
  virtual MetricScope scope() const = 0;

  /// Whether the weights file says that its weights are random. Results then have another name.
  virtual bool has_random_weights() const { return false; }
  std::string recorded_name() const {
    return std::string(cox::recorded_name(schema(), has_random_weights()));
  }

  /// `reference` is undefined where a task has no true frames: only for metrics whose schema has
  /// `reference: false`.
  virtual ReferenceFeatures prepare(const at::Tensor& reference) const = 0;
  /// A metric that reads the facts overrides it.
  virtual ReferenceFeatures prepare_with(const at::Tensor& reference, const ClipFacts&) const {
    return prepare(reference);
  }
  /// What callers use. Throws what check_clip throws.
  ReferenceFeatures prepare_clip(const at::Tensor& reference, const ClipFacts& facts) const;

  /// Fills what the scope has: values per frame, the mean, or features.
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
  /// One value per frame, in time order.
  virtual std::vector<double> per_frame(const at::Tensor& generated,
                                        const ReferenceFeatures& reference) const = 0;
  void evaluate(const at::Tensor& generated, const ReferenceFeatures& reference,
                MetricValue& value) const final;
};

/// One value for a clip.
class VideoMetric : public Metric {
 public:
  MetricScope scope() const final { return MetricScope::kVideo; }
  virtual double of_clip(const at::Tensor& generated, const ReferenceFeatures& reference) const = 0;
  void evaluate(const at::Tensor& generated, const ReferenceFeatures& reference,
                MetricValue& value) const final;
};

/// A feature vector for a clip. coordinator/report/set_metrics makes the value of a set from the
/// vectors of its clips; what it needs of the reference frames is a part of the vector.
class SetMetric : public Metric {
 public:
  MetricScope scope() const final { return MetricScope::kSet; }
  /// Returns at least one number, and the same count for every clip.
  virtual std::vector<float> features(const at::Tensor& generated,
                                      const ReferenceFeatures& reference) const = 0;
  void evaluate(const at::Tensor& generated, const ReferenceFeatures& reference,
                MetricValue& value) const final;
};

/// Whose definition of a metric holds where two differ: docs/metrics.md lists the differences.
enum class MetricConventions { kStandard, kAdaSteer2026 };

/// What some metrics need besides frames.
struct MetricResources {
  std::string weights = {};  ///< the metric's safetensors file; "" when it is given none
  at::Device device{at::kCPU};
  MetricConventions conventions = MetricConventions::kStandard;
};

/// Throws EngineError(kUser) for an unknown name (with the nearest known one) and for a metric that
/// needs weights and is given none, and whatever the metric's own loading throws.
std::unique_ptr<Metric> make_metric(const std::string& name, const MetricResources& resources);

/// Throws EngineError(kUser) for a clip that no value can be made of: fewer than the schema's
/// min_frames, or an empty prompt where the metric compares frames with it. Callers ask before
/// hours of work.
void check_clip(const Metric& metric, std::int64_t scored_frames, const std::string& prompt);

/// Returns what a result holds of the metric. Throws EngineError(kUser) for fewer frames than the
/// schema's min_frames and for a network that makes NaN of finite frames, EngineError(kDiverged)
/// for frames that are not finite and leave no value, std::logic_error for a value outside the
/// bounds of the schema, and for a scope that is not the schema's: both are defects of the metric.
MetricValue measure(const Metric& metric, const at::Tensor& generated,
                    const ReferenceFeatures& reference);

}  // namespace cox::engine
