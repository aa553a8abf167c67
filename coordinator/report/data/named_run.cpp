#include "coordinator/report/data/named_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "coordinator/report/data/names.h"
#include "coordinator/report/data/replicates.h"

namespace cox::report {

namespace {

/// The series with replicates that `text` names, with or without the series.
Result<std::set<std::string>> series_with(const Query& query, const std::string& text) {
  COX_ASSIGN_OR_RETURN(const std::vector<RunName> names, run_names(query));
  std::set<std::string> found;
  for (const RunName& name : names) {
    const std::string full_name = fmt::format("{}/{}", name.series, name.run);
    if (is_replicate_of(name.run, text) || is_replicate_of(full_name, text)) {
      found.insert(name.series);
    }
  }
  return found;
}

/// "full" for `full-r2`; "" for a run that is not called that way.
std::string replicate_group(const RunData& run) {
  const std::size_t end = run.name.rfind("-r");
  if (!run.replicates.empty() || end == std::string::npos) return "";
  const std::string group = run.name.substr(0, end);
  return is_replicate_of(run.name, group) ? group : "";
}

}  // namespace

Result<RunData> load_named_run(const Query& query, const std::string& text) {
  const Result<RunName> single = find_run(query, text);
  if (single.is_ok()) {
    COX_ASSIGN_OR_RETURN(std::vector<RunData> runs, load_runs(query, single->series, single->run));
    return std::move(runs.front());
  }
  if (single.status().code() != StatusCode::kNotFound) return single.status();
  COX_ASSIGN_OR_RETURN(const std::set<std::string> series, series_with(query, text));
  if (series.empty()) return single.status();
  if (series.size() > 1) {
    return invalid_argument(
        fmt::format("'{0}' has replicates in {1} series; use SERIES/{0} with one of the series {2}",
                    text, series.size(), join({series.begin(), series.end()}, ", ")));
  }
  COX_ASSIGN_OR_RETURN(std::vector<RunData> runs, load_runs(query, *series.begin()));
  for (RunData& run : with_replicates_averaged(std::move(runs))) {
    if (run.name == text || run.full_name() == text) return std::move(run);
  }
  return single.status();
}

Result<std::vector<std::string>> replicate_warnings(const Query& query,
                                                    const std::vector<RunData>& runs) {
  std::vector<std::string> warnings;
  for (const RunData& run : runs) {
    const std::string group = replicate_group(run);
    if (group.empty()) continue;
    COX_ASSIGN_OR_RETURN(const std::vector<RunName> names, run_names(query));
    const auto count = std::count_if(names.begin(), names.end(), [&](const RunName& name) {
      return name.series == run.series && is_replicate_of(name.run, group);
    });
    if (count < 2) continue;
    warnings.push_back(fmt::format("{} is one of {} replicates; use {}/{} to compare their average",
                                   run.full_name(), count, run.series, group));
  }
  return warnings;
}

}  // namespace cox::report
