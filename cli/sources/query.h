#pragma once

#include <string>

#include "base/status.h"
#include "cli/options.h"
#include "coordinator/report/data/query.h"

namespace cox::cli {

/// Opens the file read-only: a coordinator may write it meanwhile.
Result<report::Query> open_database_query(const std::string& path);
Result<report::Query> open_coordinator_query(const Endpoint& endpoint);
Result<report::Query> open_query(const Place& place);

}  // namespace cox::cli
