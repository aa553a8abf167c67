#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/report/data/run_data.h"

namespace cox::report {

/// Cells by column, then by run, as a table shows them.
using DeclaredColumns = std::map<std::string, std::map<std::string, std::string>>;

/// What `columns` of v_results are for each of `runs` and their replicates: the mean of numbers,
/// the text that all results share, else "various"; "-" where no result has a value. Over the
/// videos of the run's own results: of an average those that every replicate finished, each first
/// averaged over the replicates. A column that v_results does not have gets no cells.
Result<DeclaredColumns> load_declared_columns(const Query& query, const std::string& series,
                                              const std::vector<std::string>& columns,
                                              const std::vector<RunData>& runs);

}  // namespace cox::report
