#pragma once

#include <vector>

#include "base/status.h"
#include "coordinator/cluster/backlog.h"
#include "coordinator/report/data/query.h"

namespace cox::cli {

/// The runs with what is left of them and what their jobs took.
Result<std::vector<cluster::OpenRun>> open_runs(const report::Query& query);

}  // namespace cox::cli
