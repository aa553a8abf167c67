#include "engine/metrics/neighbors.h"
#include "engine/metrics/registry.h"

namespace cox::engine {

namespace {

class FrameDifference final : public VideoMetric {
 public:
  ReferenceFeatures prepare(const at::Tensor&) const override { return {}; }
  double of_clip(const at::Tensor& generated, const ReferenceFeatures&) const override {
    return 255 * mean_difference(generated);
  }
};

}  // namespace

std::unique_ptr<Metric> make_frame_difference(const MetricResources&) {
  return std::make_unique<FrameDifference>();
}

}  // namespace cox::engine
