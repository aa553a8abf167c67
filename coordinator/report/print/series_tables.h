#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/report/data/metrics.h"
#include "coordinator/report/data/query.h"
#include "coordinator/report/data/run_data.h"
#include "coordinator/report/data/set_values.h"

namespace cox::report {

/// What `cox run` and `cox results` show of a series.
struct SeriesResults {
  std::vector<RunData> runs;    ///< as they ran, in the order of the sweep
  std::vector<Metric> metrics;  ///< measured ones that all runs measured with the same weights
  std::map<std::string, std::vector<SetValue>> sets;  ///< by run, over all of its videos
  std::vector<std::string> warnings;
};

/// kNotFound, with the nearest series, when there is no such series.
Result<SeriesResults> load_series_results(const Query& query, const std::string& series);

/// One row for each run: how many of its videos are done, failed, failed as expected and cancelled,
/// means over the done ones with standard errors (`psnr_se`), values of set metrics with the number
/// of videos, the dimension and the extrapolated value (`fvd_dfot_videos`, ...), mean seconds of
/// the stages that runs differ in, and `marks` (data/marks.h) when a run has any.
Table series_means(const SeriesResults& results);

/// Every finished job of a series, with all columns of v_results.
Result<Table> job_rows(const Query& query, const std::string& series);

/// Every job of a series that ended without a result, with all columns of v_failures.
Result<Table> failure_rows(const Query& query, const std::string& series);

/// A failure that runs share: a broken video fails in every run and is said once.
struct SharedFailure {
  bool expected = false;
  std::string what;  ///< "failed (oom)", "failed as expected (data)"
  std::string video;
  std::string message;
  std::vector<std::string> runs;  ///< names without the series
};

/// The failures of the runs, unexpected ones first.
std::vector<SharedFailure> shared_failures(const std::vector<RunData>& runs);

}  // namespace cox::report
