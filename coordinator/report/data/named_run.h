#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/report/data/query.h"
#include "coordinator/report/data/run_data.h"

namespace cox::report {

/// Loads a run that `find_run` finds, or replicates under the name that they share (`demo/full` for
/// demo/full-r0, demo/full-r1, ...), averaged.
Result<RunData> load_named_run(const Query& query, const std::string& text);

/// A run that a person named.
struct NamedRun {
  RunData data;
  bool among_others = false;  ///< a pattern or a series named it
};

/// Most runs of one command: each is read with all of its results.
constexpr std::size_t kMostNamedRuns = 1'000;

/// Loads the runs that `names` name, each once, in their order: a run or replicates as
/// load_named_run finds them, a series (all of its runs), or runs and series by a shell pattern
/// (`demo/lora-*`, data/name_pattern.h). Patterns and series give averages instead of replicates,
/// and leave out `except`. kNotFound for a name of nothing else; kInvalidArgument for a pattern of
/// jobs and for more than kMostNamedRuns.
Result<std::vector<NamedRun>> load_named_runs(const Query& query,
                                              const std::vector<std::string>& names,
                                              const RunData& except);

/// One sentence for the runs of each configuration that are some of several replicates, so that
/// nobody takes one draw of noise for the configuration.
Result<std::vector<std::string>> replicate_warnings(const Query& query,
                                                    const std::vector<RunData>& runs);

}  // namespace cox::report
