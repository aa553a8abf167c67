#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "cli/sources/result_source.h"
#include "coordinator/report/data/run_data.h"

namespace cox::cli {

/// A run as `find_run` finds it, or replicates under the name that they share (`demo/full` for
/// demo/full-r0, demo/full-r1, ...), averaged.
Result<report::RunData> load_compared_run(ResultSource& source, const std::string& text);

/// A sentence for each run that is one of several replicates of its series, so that nobody takes
/// one draw of noise for the configuration.
Result<std::vector<std::string>> replicate_warnings(ResultSource& source,
                                                    const std::vector<report::RunData>& runs);

}  // namespace cox::cli
