#include "cli/sources/best_finder.h"

#include <utility>

#include "cli/sources/query.h"
#include "coordinator/report/compare/best_run.h"
#include "coordinator/report/data/names.h"

namespace cox::cli {

sweep::FindBest best_finder(std::function<Result<Source>()> choose) {
  return [choose = std::move(choose)](const sweep::BestQuery& wanted) -> Result<sweep::BestRun> {
    COX_ASSIGN_OR_RETURN(const Source source, choose());
    COX_ASSIGN_OR_RETURN(const report::Query query, open_query(source));
    COX_RETURN_IF_ERROR(report::check_series(query, wanted.series));
    COX_ASSIGN_OR_RETURN(std::vector<report::RunData> runs,
                         report::load_runs(query, wanted.series));
    COX_ASSIGN_OR_RETURN(const report::RunData best,
                         report::best_run(std::move(runs), wanted.metric, wanted.highest));
    return sweep::BestRun{best.full_name(), best.parameters};
  };
}

}  // namespace cox::cli
