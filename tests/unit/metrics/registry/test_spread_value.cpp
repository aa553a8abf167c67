#include "coordinator/report/set_metrics/set_metrics.h"

namespace cox::report {

namespace {

class Spread final : public SetStatistic {
 public:
  explicit Spread(const FeatureVectors& features) : features_(features) {}

  std::size_t dimension() const override { return 1; }
  std::size_t least_videos() const override { return 1; }
  bool is_biased() const override { return true; }

  double value(std::span<const int> times) const override {
    double count = 0, sum = 0, squares = 0;
    for (std::size_t i = 0; i < times.size(); ++i) {
      const double x = features_[i].at(0);
      count += times[i];
      sum += times[i] * x;
      squares += times[i] * x * x;
    }
    return squares / count - sum / count * sum / count;
  }

 private:
  FeatureVectors features_;
};

}  // namespace

Result<std::unique_ptr<SetStatistic>> statistic_of_test_spread(const FeatureVectors& features) {
  return std::unique_ptr<SetStatistic>(std::make_unique<Spread>(features));
}

}  // namespace cox::report
