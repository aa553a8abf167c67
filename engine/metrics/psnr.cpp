#include <cmath>

#include "engine/metrics/registry.h"
#include "engine/metrics/values.h"
#include "engine/tensors/shape.h"

namespace cox::engine {

namespace {

constexpr double kEqualMse = 1e-10;  // below it two frames count as equal,
constexpr double kEqualPsnr = 50;    // and equal frames score this many dB

class Psnr final : public FrameMetric {
 public:
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
      value = value < kEqualMse ? kEqualPsnr : 10 * std::log10(1 / value);
    }
    return values;
  }
};

}  // namespace

std::unique_ptr<Metric> make_psnr(const MetricResources&) { return std::make_unique<Psnr>(); }

}  // namespace cox::engine
