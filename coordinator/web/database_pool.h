#pragma once

#include <string>

#include "base/status.h"
#include "coordinator/report/data/query.h"

namespace cox::web {

/// A query that several threads may use at once: each call takes an idle read-only connection to
/// the database file, or opens one. A writer may be at work meanwhile.
Result<report::Query> shared_database_query(const std::string& path);

}  // namespace cox::web
