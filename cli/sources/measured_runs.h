#pragma once

#include "base/status.h"
#include "coordinator/report/data/query.h"
#include "coordinator/sweep/price.h"

namespace cox::cli {

/// What the results that `query` reads say about the time of runs, and which jobs are done.
Result<sweep::Measured> measured_runs(const report::Query& query);

}  // namespace cox::cli
