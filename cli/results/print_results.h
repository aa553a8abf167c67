#pragma once

#include <string>
#include <vector>

#include "cli/options.h"
#include "cli/session.h"
#include "cli/sources/result_source.h"
#include "coordinator/sweep/plan.h"

namespace cox::cli {

/// The result of one series as tables: those that its sweep declares, else one row per run; then
/// failures and warnings as messages. `tables` may be empty.
Status print_results(Session& session, ResultSource& source, const std::string& series,
                     const std::vector<ResultTable>& tables, const OutputOptions& output);

}  // namespace cox::cli
