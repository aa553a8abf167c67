#include "engine/metrics/frame_embedder.h"
#include "engine/metrics/registry.h"
#include "engine/metrics/values.h"

namespace cox::engine {

namespace {

constexpr double kHeadScale = 10;

class AestheticQuality final : public FrameMetric {
 public:
  explicit AestheticQuality(const MetricResources& resources)
      : embedder_(FrameEmbedder::with_head(ImageTower::kClipL14, resources)) {}

  bool has_random_weights() const override { return embedder_.has_random_weights(); }
  ReferenceFeatures prepare(const at::Tensor&) const override { return {}; }
  std::vector<double> per_frame(const at::Tensor& generated,
                                const ReferenceFeatures&) const override {
    std::vector<double> scores = frame_values(embedder_.scores(embedder_.embed(generated)));
    for (double& score : scores) score /= kHeadScale;
    return scores;
  }

 private:
  FrameEmbedder embedder_;
};

}  // namespace

std::unique_ptr<Metric> make_aesthetic_quality(const MetricResources& resources) {
  return std::make_unique<AestheticQuality>(resources);
}

}  // namespace cox::engine
