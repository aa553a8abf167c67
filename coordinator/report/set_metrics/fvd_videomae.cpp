#include "coordinator/report/set_metrics/frechet.h"

namespace cox::report {

Result<std::unique_ptr<SetStatistic>> statistic_of_fvd_videomae(const FeatureVectors& features) {
  return frechet_statistic(features);
}

}  // namespace cox::report
