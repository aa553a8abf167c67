#include "coordinator/report/compare/best_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "base/text.h"
#include "coordinator/report/compare/comparison.h"
#include "coordinator/report/data/replicates.h"
#include "coordinator/report/data/run_means.h"
#include "coordinator/report/data/words.h"

namespace cox::report {

namespace {

/// kFailedPrecondition when a job has no result that the sweep does not expect to fail.
Status check_finished(const RunData& run) {
  std::vector<Unfinished> missing;
  std::copy_if(run.unfinished.begin(), run.unfinished.end(), std::back_inserter(missing),
               [](const Unfinished& job) { return !job.expected; });
  if (missing.empty()) return Status::ok();
  const std::string jobs = counted(static_cast<std::int64_t>(missing.size()), "job");
  if (!std::all_of(missing.begin(), missing.end(),
                   [](const Unfinished& job) { return job.has_ended(); })) {
    return failed_precondition(fmt::format(
        "series '{}' is not finished: run {} has {} without a result; finish the series first",
        run.series, run.full_name(), jobs));
  }
  std::set<std::string> ends;
  for (const Unfinished& job : missing) {
    ends.insert(job.cause.empty() ? job.state : fmt::format("{}, {}", job.state, job.cause));
  }
  return failed_precondition(fmt::format(
      "run {} has no result for {} that ended ({}): queue such jobs again with 'cox retry', or "
      "leave the run out with `where`",
      run.full_name(), jobs, join({ends.begin(), ends.end()}, "; ")));
}

std::size_t finished_videos(const std::vector<RunData>& runs) {
  std::set<std::string> videos;
  for (const RunData& run : runs) {
    for (const VideoResult& result : run.results) videos.insert(result.video);
  }
  return videos.size();
}

Status check_comparable(const std::vector<RunData>& runs, const std::string& metric) {
  const std::size_t videos = finished_videos(runs);
  for (const RunData& run : runs) {
    COX_RETURN_IF_ERROR(check_finished(run));
    const std::string screening = screening_difference(runs.front(), run);
    if (!screening.empty()) {
      return failed_precondition(fmt::format(
          "{}: results of fp8 are compared with each other only, so none of these runs is best; "
          "select runs of one dtype with where",
          screening));
    }
    if (run.results.size() != videos) {
      return failed_precondition(
          fmt::format("run {} has results on {} of the {} that some run of the series finished; "
                      "means over different {} cannot be compared",
                      run.full_name(), run.results.size(),
                      counted(static_cast<std::int64_t>(videos), run.item), plural(run.item)));
    }
    if (run.results.empty() || metric_summary(run, metric).count != run.results.size()) {
      return failed_precondition(
          fmt::format("run {} has no {}: it was not measured, or is not finite on a {}",
                      run.full_name(), metric, run.item));
    }
  }
  const std::string weights = weights_difference(runs, metric);
  return weights.empty() ? Status::ok() : failed_precondition(weights);
}

}  // namespace

Result<RunData> best_run(std::vector<RunData> runs, const std::string& metric,
                         bool higher_is_better) {
  COX_RETURN_IF_ERROR(check_comparable(runs, metric));
  runs = with_replicates_averaged(std::move(runs));
  const RunData* best = nullptr;
  double best_mean = 0;
  for (const RunData& run : runs) {
    const double mean = *metric_summary(run, metric).mean;
    const bool better = higher_is_better ? mean > best_mean : mean < best_mean;
    if (best != nullptr && !better) continue;
    best = &run;
    best_mean = mean;
  }
  return best->replicates.empty() ? *best : best->replicates.front();
}

}  // namespace cox::report
