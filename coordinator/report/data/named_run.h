#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/report/data/query.h"
#include "coordinator/report/data/run_data.h"

namespace cox::report {

/// Loads a run that `find_run` finds, or replicates under the name that they share (`demo/full` for
/// demo/full-r0, demo/full-r1, ...), averaged.
Result<RunData> load_named_run(const Query& query, const std::string& text);

/// One sentence for each run that is one of several replicates of its series, so that nobody takes
/// one draw of noise for the configuration.
Result<std::vector<std::string>> replicate_warnings(const Query& query,
                                                    const std::vector<RunData>& runs);

}  // namespace cox::report
