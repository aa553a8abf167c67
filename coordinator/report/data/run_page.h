#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/report/data/metrics.h"
#include "coordinator/report/data/names.h"
#include "coordinator/report/data/query.h"

namespace cox::report {

/// The mean of a metric over the finished videos that have a finite value of it.
struct MetricMean {
  Metric metric;
  double mean = 0;
  std::int64_t videos = 0;
};

/// The output of `cox show` for one run.
struct RunPage {
  Table run;                      ///< its row of v_runs
  Table timings;                  ///< one row: n, and mean seconds of waiting and of each stage
  std::vector<MetricMean> means;  ///< of the metrics that it measured
};

/// kNotFound when the run is no longer part of its series.
Result<RunPage> load_run_page(const Query& query, const RunName& name);

}  // namespace cox::report
