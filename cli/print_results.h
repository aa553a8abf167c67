#pragma once

#include <string>
#include <vector>

#include "cli/options.h"
#include "cli/session.h"
#include "coordinator/report/data/query.h"
#include "coordinator/report/data/sweep_notes.h"
#include "coordinator/sweep/plan.h"

namespace cox::cli {

/// The tables that a sweep declares, as reports read them.
std::vector<report::DeclaredTable> declared_tables_of(const sweep::SweepPlan& plan);

/// Prints the results of one series: the tables that its sweep declares, else one row for each run;
/// then failures and warnings as messages. `tables` may be empty.
Status print_results(Session& session, const report::Query& query, const std::string& series,
                     const std::vector<report::DeclaredTable>& tables, const OutputOptions& output);

}  // namespace cox::cli
