#pragma once

#include <memory>

#include "coordinator/report/set_metrics/set_metrics.h"

namespace cox::report {

/// The Frechet distance between the normal distributions that fit two sets of points: |m1 - m2|^2 +
/// Tr(S1 + S2 - 2 (S1^1/2 S2 S1^1/2)^1/2), means m, covariances S divided by n - 1, in double
/// precision. Dowson and Landau, "The Frechet distance between multivariate normal distributions",
/// 1982.
///
/// Each vector holds a point of the first set and then one of the second, so its length is twice
/// the dimension. A resample takes both points of a video. kInternal for an odd length or no
/// vectors.
Result<std::unique_ptr<SetStatistic>> frechet_statistic(const FeatureVectors& features);

}  // namespace cox::report
