#include "coordinator/report/set_metrics/set_metrics.h"

namespace cox::report {

Result<double> value_of_test_spread(const FeatureVectors& features) {
  double mean = 0;
  for (const auto& clip : features) mean += clip.at(0) / static_cast<double>(features.size());
  double sum = 0;
  for (const auto& clip : features) sum += (clip.at(0) - mean) * (clip.at(0) - mean);
  return sum / static_cast<double>(features.size());
}

}  // namespace cox::report
