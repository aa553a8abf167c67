#pragma once

#include <optional>
#include <string>

#include "coordinator/report/data/run_data.h"
#include "coordinator/report/statistics/summary.h"

namespace cox::report {

/// The values of a metric in the finished videos of a run that have a finite one, in the order of
/// the data set.
std::vector<double> metric_values(const RunData& run, const std::string& metric);

/// Mean, standard error and interval of a metric over the finished videos of a run that have a
/// finite value of it.
Summary metric_summary(const RunData& run, const std::string& metric);

/// Mean seconds of a stage (a name of kStages) over the finished videos; absent without any.
std::optional<double> stage_mean(const RunData& run, std::string_view stage);

/// How many videos of a run are in each state that a table shows.
struct JobCounts {
  std::size_t failed = 0;  ///< quarantined ones included
  std::size_t failed_as_expected = 0;
  std::size_t cancelled = 0;
};
JobCounts job_counts(const RunData& run);

}  // namespace cox::report
