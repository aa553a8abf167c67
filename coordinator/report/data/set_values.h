#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/report/data/query.h"

namespace cox::report {

/// The value of a metric of scope `set` for a run, and the videos that it covers.
struct SetValue {
  std::string metric;
  double value = 0;
  std::vector<std::string> videos;  ///< ids, in the order of the data set
  std::string covered;              ///< covered_digest of theirs
};

/// SHA-256 over the sorted digests of videos: equal for two sets of the same videos.
std::string covered_digest(std::vector<std::string> video_digests);

/// The videos of a run that have features for the metric.
Result<std::set<std::string>> videos_with_features(const Query& query, const std::string& series,
                                                   const std::string& run,
                                                   const std::string& metric);

/// The metric's value for a run over `videos`, or over every video with features when `videos` is
/// empty: a stored value that covers just these, or else one made from their features. To compare
/// two runs, give the videos that both have. kInvalidArgument when the metric is not of scope
/// `set`; kFailedPrecondition when one of the videos has no features; kNotFound when none has.
Result<SetValue> set_value(const Query& query, const std::string& series, const std::string& run,
                           const std::string& metric, const std::set<std::string>& videos = {});

}  // namespace cox::report
