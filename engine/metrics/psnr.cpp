#include <algorithm>
#include <cmath>

#include "engine/metrics/registry.h"
#include "engine/metrics/values.h"
#include "engine/tensors/shape.h"

namespace cox::engine {

namespace {

constexpr double kCap = 50;  // dB
/// The AdaSteer study gave only frames that count as equal the cap; all others the formula's value.
constexpr double kStudyEqualMse = 1e-10;

class Psnr final : public FrameMetric {
 public:
  explicit Psnr(MetricConventions conventions) : conventions_(conventions) {}

  ReferenceFeatures prepare(const at::Tensor& reference) const override {
    check_frames(reference, "reference frames");
    return {reference};
  }

  std::vector<double> per_frame(const at::Tensor& generated,
                                const ReferenceFeatures& reference) const override {
    check_shape(generated, reference.at(0).sizes(), "generated frames");
    const at::Tensor difference = generated.to(at::kDouble) - reference.at(0).to(at::kDouble);
    std::vector<double> values = frame_means(difference * difference);
    for (double& value : values) {
      const bool capped_only_when_equal = conventions_ == MetricConventions::kAdaSteer2026;
      const double psnr = 10 * std::log10(1 / value);  // infinite for equal frames
      value =
          capped_only_when_equal ? (value < kStudyEqualMse ? kCap : psnr) : std::min(psnr, kCap);
    }
    return values;
  }

 private:
  MetricConventions conventions_;
};

}  // namespace

std::unique_ptr<Metric> make_psnr(const MetricResources& resources) {
  return std::make_unique<Psnr>(resources.conventions);
}

}  // namespace cox::engine
