#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/report/data/declared_columns.h"
#include "coordinator/report/data/metrics.h"
#include "coordinator/report/data/run_data.h"
#include "coordinator/report/data/sweep_notes.h"

namespace cox::report {

/// A table as the sweep declares it: run, done, videos, then its columns, NULL where a run has no
/// such value. `runs` have their replicates averaged; a row names a run, an average or, without
/// an average, the name that replicates share. Metrics of the runs that are not among `metrics` are
/// NULL.
Table declared_table(const std::vector<RunData>& runs, const std::vector<Metric>& metrics,
                     const DeclaredColumns& others, const ResultTable& declared);

}  // namespace cox::report
