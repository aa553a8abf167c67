#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/tensors/torch.h"
#include "record/metric_value.h"

namespace cox::engine {

/// What a metric computes from the reference frames alone: kept, it serves every clip that is
/// scored against the same frames.
using ReferenceFeatures = std::vector<at::Tensor>;

/// One measure of how near generated frames come to reference frames. Frames are [F, 3, H, W] fp32
/// RGB in [0, 1], not rounded to 8 bits, on the metric's device. Runs without gradients.
/// Throws when shapes or dtypes are wrong. Owned by one thread.
class Metric {
 public:
  virtual ~Metric() = default;

  /// The name that results are stored under. It may say more than the name that was asked for:
  /// `lpips_random_trunk` for LPIPS whose trunk was never trained.
  virtual std::string recorded_name() const = 0;

  virtual ReferenceFeatures prepare(const at::Tensor& reference) const = 0;

  /// One value per frame, in time order.
  virtual std::vector<double> per_frame(const at::Tensor& generated,
                                        const ReferenceFeatures& reference) const = 0;
};

/// What some metrics need besides frames.
struct MetricResources {
  std::string weights;  ///< the metric's safetensors file; "" when it is given none
  at::Device device{at::kCPU};
};

/// The names of metrics.def, in its order.
std::vector<std::string> metric_names();

/// Throws for an unknown name (with the nearest known one) and when a resource is missing or wrong.
std::unique_ptr<Metric> make_metric(const std::string& name, const MetricResources& resources);

/// Values of all frames and their mean, as a result row holds them.
MetricValue measure(const Metric& metric, const at::Tensor& generated,
                    const ReferenceFeatures& reference);

}  // namespace cox::engine
