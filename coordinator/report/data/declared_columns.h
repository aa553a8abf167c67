#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/report/data/run_data.h"
#include "coordinator/report/data/sweep_notes.h"

namespace cox::report {

/// Every column of the tables that a sweep declares.
std::vector<std::string> columns_of(const std::vector<ResultTable>& tables);

/// Cells by column, then by run.
using DeclaredColumns = std::map<std::string, std::map<std::string, Cell>>;

/// Reads `columns` of v_results for each of `runs` and their replicates: the mean of numbers, the
/// string that all results share, else "various"; NULL where no result has a value. Covers the
/// videos of the run's own results: for an average those that every replicate finished, each first
/// averaged over the replicates. A column that v_results does not have gets no cells.
Result<DeclaredColumns> load_declared_columns(const Query& query, const std::string& series,
                                              const std::vector<std::string>& columns,
                                              const std::vector<RunData>& runs);

}  // namespace cox::report
