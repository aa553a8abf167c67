#pragma once

#include <string>
#include <vector>

#include "cli/options.h"
#include "cli/session.h"
#include "coordinator/report/data/query.h"
#include "record/submission.h"

namespace cox::cli {

/// Prints the results of one series: the tables that its sweep declares, else one row for each run;
/// then failures and warnings as messages. `tables` may be empty.
Status print_results(Session& session, const report::Query& query, const std::string& series,
                     const std::vector<ResultTable>& tables, const OutputOptions& output);

}  // namespace cox::cli
