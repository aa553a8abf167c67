#include "engine/metrics/clip_frames.h"
#include "engine/metrics/neighbors.h"
#include "engine/metrics/registry.h"

namespace cox::engine {

namespace {

class TemporalFlickering final : public VideoMetric {
 public:
  ReferenceFeatures prepare(const at::Tensor&) const override { return {}; }
  double of_clip(const at::Tensor& generated, const ReferenceFeatures&) const override {
    return (255 - mean_difference(levels(generated))) / 255;
  }
};

}  // namespace

std::unique_ptr<Metric> make_temporal_flickering(const MetricResources&) {
  return std::make_unique<TemporalFlickering>();
}

}  // namespace cox::engine
