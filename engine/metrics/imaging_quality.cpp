#include <algorithm>

#include "engine/metrics/clip_frames.h"
#include "engine/metrics/registry.h"
#include "engine/metrics/user_network.h"
#include "engine/tensors/shape.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

constexpr std::int64_t kLongestSide = 512;
constexpr double kMusiqScale = 100;

class ImagingQuality final : public FrameMetric {
 public:
  explicit ImagingQuality(const MetricResources& resources)
      : quality_("image-quality", resources) {}

  bool has_random_weights() const override { return quality_.origin.random; }
  ReferenceFeatures prepare(const at::Tensor&) const override { return {}; }
  std::vector<double> per_frame(const at::Tensor& generated,
                                const ReferenceFeatures&) const override {
    const at::Tensor pictures = shrunk_levels(generated, kLongestSide) / 255;
    std::vector<double> scores;
    for (std::int64_t frame = 0; frame < pictures.size(0); ++frame) {
      const at::Tensor score = quality_.network.run({pictures.narrow(0, frame, 1)}).flatten();
      check_shape(score, {1}, "the score that the network gives");
      scores.push_back(score.item<double>() / kMusiqScale);
    }
    return scores;
  }

 private:
  UserNetwork quality_;
};

}  // namespace

std::unique_ptr<Metric> make_imaging_quality(const MetricResources& resources) {
  return std::make_unique<ImagingQuality>(resources);
}

}  // namespace cox::engine
