#include "cli/results/compared_run.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "cli/lookup.h"
#include "cli/output/number.h"
#include "cli/results/report_query.h"
#include "coordinator/report/data/replicates.h"

namespace cox::cli {

namespace {

/// The series that hold replicates of what `text` calls; `text` may begin with the series.
Result<std::set<std::string>> series_with(ResultSource& source, const std::string& text) {
  COX_ASSIGN_OR_RETURN(const Rows rows, source.query("SELECT series, run FROM v_names"));
  std::set<std::string> found;
  for (const auto& row : rows.cells) {
    const std::string series = readable_cell("", row[0]);
    const std::string run = readable_cell("", row[1]);
    if (report::is_replicate_of(run, text) ||
        report::is_replicate_of(concat(series, '/', run), text)) {
      found.insert(series);
    }
  }
  return found;
}

}  // namespace

Result<report::RunData> load_compared_run(ResultSource& source, const std::string& text) {
  const Result<RunName> single = find_run(source, text);
  if (single.is_ok()) {
    COX_ASSIGN_OR_RETURN(std::vector<report::RunData> runs,
                         report::load_runs(query_of(source), single->series, single->run));
    return std::move(runs.front());
  }
  if (single.status().code() != StatusCode::kNotFound) return single.status();
  COX_ASSIGN_OR_RETURN(const std::set<std::string> series, series_with(source, text));
  if (series.empty()) return single.status();
  if (series.size() > 1) {
    return invalid_argument(concat("'", text, "' has replicates in ", series.size(),
                                   " series; say which: SERIES/", text, " with SERIES of ",
                                   join({series.begin(), series.end()}, ", ")));
  }
  COX_ASSIGN_OR_RETURN(std::vector<report::RunData> runs,
                       report::load_runs(query_of(source), *series.begin()));
  for (report::RunData& run : report::with_replicates_averaged(std::move(runs))) {
    if (run.name == text || run.full_name() == text) return std::move(run);
  }
  return single.status();
}

Result<std::vector<std::string>> replicate_warnings(ResultSource& source,
                                                    const std::vector<report::RunData>& runs) {
  std::vector<std::string> warnings;
  for (const report::RunData& run : runs) {
    const std::size_t end = run.name.rfind("-r");
    if (!run.replicates.empty() || end == std::string::npos) continue;
    const std::string group = run.name.substr(0, end);
    if (!report::is_replicate_of(run.name, group)) continue;
    COX_ASSIGN_OR_RETURN(
        const Rows rows,
        source.query(concat("SELECT run FROM v_names WHERE series = ", sql_text(run.series))));
    const auto count = std::count_if(rows.cells.begin(), rows.cells.end(), [&](const auto& row) {
      return report::is_replicate_of(readable_cell("", row[0]), group);
    });
    if (count < 2) continue;
    warnings.push_back(concat(run.full_name(), " is one of ", count, " replicates; name it ",
                              run.series, '/', group, " to compare their average"));
  }
  return warnings;
}

}  // namespace cox::cli
