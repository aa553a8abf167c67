#include <ATen/ops/abs.h>

#include "engine/metrics/clip_frames.h"
#include "engine/metrics/registry.h"
#include "engine/metrics/user_network.h"
#include "engine/tensors/shape.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

/// Every other frame is left out and made again from its neighbors.
class MotionSmoothness final : public VideoMetric {
 public:
  explicit MotionSmoothness(const MetricResources& resources)
      : interpolation_("frame-interpolation", resources) {}

  bool has_random_weights() const override { return interpolation_.origin.random; }
  ReferenceFeatures prepare(const at::Tensor&) const override { return {}; }

  double of_clip(const at::Tensor& generated, const ReferenceFeatures&) const override {
    const at::Tensor frames = levels(generated);
    double sum = 0;
    std::int64_t made = 0;
    for (std::int64_t left_out = 1; left_out + 1 < frames.size(0); left_out += 2, ++made) {
      sum += (between(frames, left_out) - frames[left_out])
                 .to(at::kDouble)
                 .abs()
                 .mean()
                 .item<double>();
    }
    return (255 - sum / static_cast<double>(made)) / 255;
  }

 private:
  /// Returns the levels of the frame interpolated at `left_out` from its neighbors, truncated to
  /// whole numbers.
  at::Tensor between(const at::Tensor& frames, std::int64_t left_out) const {
    const at::Tensor before = frames.narrow(0, left_out - 1, 1) / 255;
    const at::Tensor after = frames.narrow(0, left_out + 1, 1) / 255;
    const at::Tensor middle = interpolation_.network.run({before, after});
    check_shape(middle, before.sizes(), "the frame that the network interpolates");
    return middle[0].mul(255).clamp(0, 255).floor();
  }

  UserNetwork interpolation_;
};

}  // namespace

std::unique_ptr<Metric> make_motion_smoothness(const MetricResources& resources) {
  return std::make_unique<MotionSmoothness>(resources);
}

}  // namespace cox::engine
