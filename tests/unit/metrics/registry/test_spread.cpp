#include "engine/metrics/metric.h"
#include "engine/metrics/values.h"

namespace cox::engine {

/// How often the reference frames were looked at.
int spread_references = 0;

namespace {

class Spread final : public SetMetric {
 public:
  ReferenceFeatures prepare(const at::Tensor&) const override {
    ++spread_references;
    return {};
  }
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
