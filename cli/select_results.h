#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "cli/row_selection.h"
#include "coordinator/report/data/query.h"

namespace cox::cli {

/// The runs of a series as `cox results` shows them, selectable also by parameters, tags, note and
/// every column of v_results. `wanted` names the columns that will be requested; `tags` are those
/// that a run must have.
Result<SelectableRows> selectable_runs(const report::Query& query, const std::string& series,
                                       const std::vector<std::string>& wanted,
                                       const std::vector<std::string>& tags);

/// Rows of a view, one for each job, selectable also by the parameters of their runs. `rows` has
/// the columns series, run and video.
Result<SelectableRows> selectable_jobs(const report::Query& query, const std::string& series,
                                       Table rows);

}  // namespace cox::cli
