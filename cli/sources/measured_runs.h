#pragma once

#include "base/status.h"
#include "coordinator/report/data/query.h"
#include "coordinator/sweep/price.h"

namespace cox::cli {

/// The measured times of runs from the results that `query` reads, and the jobs that are done.
Result<sweep::Measured> measured_runs(const report::Query& query);

}  // namespace cox::cli
