#pragma once

#include <string>

#include "base/status.h"
#include "cli/options.h"
#include "cli/sources/sweep_calls.h"
#include "coordinator/report/data/query.h"

namespace cox::cli {

/// Opens the file read-only, so a coordinator may write it at the same time.
Result<report::Query> open_database_query(const std::string& path);
Result<report::Query> open_coordinator_query(const Endpoint& endpoint,
                                             DatabaseOption database_option = DatabaseOption::kNo);
Result<report::Query> open_query(const Source& source);
/// The same of what the options choose.
Result<report::Query> open_query(const SourceOptions& options);

}  // namespace cox::cli
