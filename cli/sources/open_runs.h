#pragma once

#include <vector>

#include "base/status.h"
#include "coordinator/cluster/backlog.h"
#include "coordinator/report/data/query.h"

namespace cox::cli {

/// The runs with their open jobs and the times of their finished jobs.
Result<std::vector<cluster::OpenRun>> open_runs(const report::Query& query);

}  // namespace cox::cli
