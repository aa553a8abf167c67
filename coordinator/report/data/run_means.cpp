#include "coordinator/report/data/run_means.h"

#include <algorithm>
#include <cmath>

namespace cox::report {

std::vector<double> metric_values(const RunData& run, const std::string& metric) {
  std::vector<double> values;
  for (const VideoResult& result : run.results) {
    const auto value = result.metrics.find(metric);
    if (value != result.metrics.end()) values.push_back(value->second);
  }
  return values;
}

Summary metric_summary(const RunData& run, const std::string& metric) {
  return summarized(metric_values(run, metric));
}

std::optional<double> stage_mean(const RunData& run, std::string_view stage) {
  const auto index =
      static_cast<std::size_t>(std::find(kStages.begin(), kStages.end(), stage) - kStages.begin());
  COX_CHECK(index < kStages.size(), "unknown stage " + std::string(stage));
  std::vector<double> values;
  for (const VideoResult& result : run.results) {
    if (std::isfinite(result.seconds[index])) values.push_back(result.seconds[index]);
  }
  return mean_of(std::move(values));
}

JobCounts job_counts(const RunData& run) {
  JobCounts counts;
  for (const Unfinished& video : run.unfinished) {
    const bool failed = video.state == "failed" || video.state == "quarantined";
    if (failed && video.expected) ++counts.failed_as_expected;
    if (failed && !video.expected) ++counts.failed;
    if (video.state == "cancelled") ++counts.cancelled;
  }
  return counts;
}

}  // namespace cox::report
