#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/report/data/query.h"

namespace cox::report {

/// A run under one of its names.
struct RunName {
  std::string series;
  std::string run;
  std::string digest;
};

/// The condition on series and run that holds for the rows of the run in any view.
std::string condition_of(const RunName& name);

/// Every series that has a run, by name.
Result<std::vector<std::string>> series_names(const Query& query);

/// Every current run, in the order of the series' names and of their sweeps.
Result<std::vector<RunName>> run_names(const Query& query);

/// kNotFound, with the nearest series or all of them, unless `series` exists.
Status check_series(const Query& query, const std::string& series);

/// Finds a run by SERIES/RUN, by RUN when only one series has it, or by the first 8 or more
/// characters of its digest. kNotFound names the nearest run, kInvalidArgument the candidates when
/// `text` is ambiguous.
Result<RunName> find_run(const Query& query, const std::string& text);

/// The digest of a job, found by SERIES/RUN/ITEM, RUN/ITEM, or its first 8 or more characters.
Result<std::string> find_job(const Query& query, const std::string& text);

}  // namespace cox::report
