#include "coordinator/report/data/name_pattern.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include "coordinator/report/data/names.h"
#include "coordinator/report/data/row_reader.h"

namespace cox::report {

namespace {

bool matches(const std::string& pattern, const std::string& name) {
  return ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
}

using Names = std::vector<MatchedName>;

Result<Names> runs_matching(const Query& query, const std::string& series_pattern,
                            const std::string& run_pattern) {
  COX_ASSIGN_OR_RETURN(const std::vector<RunName> runs, run_names(query));
  Names found;
  for (const RunName& run : runs) {
    if (matches(series_pattern, run.series) && matches(run_pattern, run.run)) {
      found.push_back({run.series, run.run, ""});
    }
  }
  return found;
}

Result<Names> series_or_runs_matching(const Query& query, const std::string& pattern) {
  COX_ASSIGN_OR_RETURN(const std::vector<std::string> all, series_names(query));
  Names found;
  for (const std::string& series : all) {
    if (matches(pattern, series)) found.push_back({series, "", ""});
  }
  if (!found.empty()) return found;
  return runs_matching(query, "*", pattern);
}

Result<Names> jobs_matching(const Query& query, const Names& runs, const std::string& pattern) {
  Names found;
  for (const MatchedName& run : runs) {
    COX_ASSIGN_OR_RETURN(
        const Table jobs,
        query(fmt::format("SELECT video, job_digest FROM v_jobs WHERE series = {} AND run = {}",
                          sql_text(run.series), sql_text(run.run))));
    for (std::size_t i = 0; i < jobs.rows.size(); ++i) {
      const RowReader row(jobs, i);
      if (!matches(pattern, row.text("video"))) continue;
      if (found.size() == kMostMatchedJobs) {
        return invalid_argument(
            fmt::format("the pattern matches more than {} jobs; name runs or series instead",
                        kMostMatchedJobs));
      }
      found.push_back({"", "", row.text("job_digest")});
    }
  }
  return found;
}

}  // namespace

Result<std::vector<MatchedName>> names_matching(const Query& query, const std::string& pattern) {
  const std::size_t first = pattern.find('/');
  if (first == std::string::npos) return series_or_runs_matching(query, pattern);
  const std::string series = pattern.substr(0, first);
  const std::size_t second = pattern.find('/', first + 1);
  if (second == std::string::npos) {
    return runs_matching(query, series, pattern.substr(first + 1));
  }
  COX_ASSIGN_OR_RETURN(const Names runs,
                       runs_matching(query, series, pattern.substr(first + 1, second - first - 1)));
  return jobs_matching(query, runs, pattern.substr(second + 1));
}

}  // namespace cox::report
