#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/status.h"
#include "cli/output/rows.h"
#include "cli/sources/result_source.h"
#include "coordinator/sweep/plan.h"

namespace cox::cli {

/// kNotFound, naming the series that exist, unless `series` is one of them.
Status check_series(ResultSource& source, const std::string& series);

/// One row for each run of the series, in the order of its sweep: how many of its videos are done,
/// failed and failed as expected, means over the done ones, mean seconds of each stage. Metrics
/// that no run measured are left out. kNotFound names the series that exist.
Result<Rows> series_means(ResultSource& source, const std::string& series);

/// A table as the sweep file declares it. A column is one of v_leaderboard, a parameter, or one of
/// v_results: then the mean over the run's finished videos.
Result<Rows> sweep_table(ResultSource& source, const std::string& series,
                         const ResultTable& table);

/// The values of one metric over the finished videos of each run that has any, by run.
Result<std::map<std::string, std::vector<double>>> values_by_run(ResultSource& source,
                                                                 const std::string& series,
                                                                 const std::string& metric);

/// Jobs that ended without a result, with cause and message.
Result<Rows> series_failures(ResultSource& source, const std::string& series);

/// What a reader of the means must know: runs whose means cover different videos, timings that mix
/// machines, metrics that were not finite. Empty when the means can be compared as they stand.
Result<std::vector<std::string>> warnings_about(ResultSource& source, const std::string& series);

/// The part of warnings_about that needs no source: `done` are (run, video) pairs.
std::vector<std::string> coverage_warnings(const Rows& done);

/// `rows` without those of `names` in which every value is missing.
Rows without_empty_columns(const Rows& rows, const std::vector<std::string>& names);

}  // namespace cox::cli
