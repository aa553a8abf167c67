#include "engine/metrics/metric.h"
#include "engine/metrics/values.h"

namespace cox::engine {

namespace {

class Spread final : public SetMetric {
 public:
  ReferenceFeatures prepare(const at::Tensor&) const override { return {}; }
  std::vector<float> features(const at::Tensor& generated,
                              const ReferenceFeatures&) const override {
    return {static_cast<float>(frame_means(generated.flatten().unsqueeze(0)).at(0))};
  }
};

}  // namespace

std::unique_ptr<Metric> make_test_spread(const MetricResources&) {
  return std::make_unique<Spread>();
}

}  // namespace cox::engine
