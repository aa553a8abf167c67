#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/report/data/query.h"
#include "coordinator/report/set_metrics/set_metrics.h"

namespace cox::report {

/// Videos of a run as points of a metric of scope `set`.
struct VideoSet {
  std::string metric;
  std::vector<std::string> videos;          ///< ids, ascending: the order of the statistic
  std::string covered;                      ///< covered_digest of theirs
  std::unique_ptr<SetStatistic> statistic;  ///< over `videos`
};

/// The value of a metric of scope `set` for a run, and the videos that it covers.
struct SetValue {
  std::string metric;
  double value = 0;
  std::size_t dimension = 0;           ///< of the space of the features
  std::optional<double> extrapolated;  ///< to a set without end: see set_resampling.h
  std::vector<std::string> videos;     ///< ids, ascending
  std::string covered;                 ///< covered_digest of theirs
};

/// SHA-256 over the sorted digests of videos: equal for two sets of the same videos.
std::string covered_digest(std::vector<std::string> video_digests);

/// The videos of a run that have features for the metric: id and digest of the file.
Result<std::map<std::string, std::string>> videos_with_features(const Query& query,
                                                                const std::string& series,
                                                                const std::string& run,
                                                                const std::string& metric);

/// `videos` of a run, or every video with features when `videos` is empty. To compare two runs,
/// give the videos that both have. kInvalidArgument when the metric is not of scope `set`;
/// kFailedPrecondition when one of the videos has no features, or when there are too few for a
/// value; kNotFound when none has.
Result<VideoSet> load_video_set(const Query& query, const std::string& series,
                                const std::string& run, const std::string& metric,
                                const std::set<std::string>& videos = {});

/// The metric's value over load_video_set's videos, made from their features. Errors are the same.
Result<SetValue> set_value(const Query& query, const std::string& series, const std::string& run,
                           const std::string& metric, const std::set<std::string>& videos = {});
SetValue value_of(const VideoSet& set);

/// The values of a series by run, each over all of the run's videos that have features. One that
/// cannot be made is left out, and `warnings` gives the reason.
Result<std::map<std::string, std::vector<SetValue>>> set_values_of_series(
    const Query& query, const std::string& series, std::vector<std::string>& warnings);

}  // namespace cox::report
