#include "cli/sources/best_finder.h"

#include <utility>

#include "cli/sources/query.h"
#include "coordinator/report/compare/best_run.h"
#include "coordinator/report/data/names.h"

namespace cox::cli {

namespace {

/// Removes the runs that the query does not admit. kNotFound when none is left.
Status remove_others(const sweep::BestQuery& wanted, std::vector<report::RunData>& runs) {
  std::vector<report::RunData> admitted;
  for (report::RunData& run : runs) {
    COX_ASSIGN_OR_RETURN(const bool admits,
                         wanted.admits(run.method, {run.full_name(), run.parameters}));
    if (admits) admitted.push_back(std::move(run));
  }
  runs = std::move(admitted);
  if (!runs.empty()) return Status::ok();
  return not_found("no run of series '" + wanted.series + "' satisfies `where`");
}

}  // namespace

sweep::FindBest best_finder(std::function<Result<Source>()> choose) {
  return [choose = std::move(choose)](const sweep::BestQuery& wanted) -> Result<sweep::BestRun> {
    COX_ASSIGN_OR_RETURN(const Source source, choose());
    COX_ASSIGN_OR_RETURN(const report::Query query, open_query(source));
    COX_RETURN_IF_ERROR(report::check_series(query, wanted.series));
    COX_ASSIGN_OR_RETURN(std::vector<report::RunData> runs,
                         report::load_runs(query, wanted.series));
    COX_RETURN_IF_ERROR(remove_others(wanted, runs));
    COX_ASSIGN_OR_RETURN(const report::RunData best,
                         report::best_run(std::move(runs), wanted.metric, wanted.highest));
    return sweep::BestRun{best.full_name(), best.parameters};
  };
}

}  // namespace cox::cli
