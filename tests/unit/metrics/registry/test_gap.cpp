#include <ATen/ops/abs.h>

#include "engine/metrics/metric.h"
#include "engine/metrics/values.h"

namespace cox::engine {

namespace {

class Gap final : public FrameMetric {
 public:
  explicit Gap(bool random) : random_(random) {}

  bool has_random_weights() const override { return random_; }
  ReferenceFeatures prepare(const at::Tensor& reference) const override { return {reference}; }
  std::vector<double> per_frame(const at::Tensor& generated,
                                const ReferenceFeatures& reference) const override {
    return frame_means((generated.to(at::kDouble) - reference.at(0)).abs() * 255);
  }

 private:
  bool random_;
};

}  // namespace

std::unique_ptr<Metric> make_test_gap(const MetricResources& resources) {
  return std::make_unique<Gap>(resources.weights.ends_with("random"));
}

}  // namespace cox::engine
