#include "coordinator/report/data/run_page.h"

#include <fmt/format.h>

#include "coordinator/report/data/run_data.h"
#include "coordinator/report/data/run_means.h"

namespace cox::report {

namespace {

std::string timings_statement(const std::string& where) {
  std::string columns = "count(*) AS n, avg(waited_s) AS waited_s";
  for (const std::string_view stage : kStages) columns += fmt::format(", avg({0}) AS {0}", stage);
  return fmt::format("SELECT {} FROM v_timings WHERE {}", columns, where);
}

}  // namespace

Result<RunPage> load_run_page(const Query& query, const RunName& name) {
  const std::string where = condition_of(name);
  RunPage page;
  COX_ASSIGN_OR_RETURN(
      page.run, query(fmt::format("SELECT * FROM v_runs WHERE superseded = 0 AND {}", where)));
  COX_ASSIGN_OR_RETURN(page.timings, query(timings_statement(where)));
  COX_ASSIGN_OR_RETURN(const std::vector<RunData> runs, load_runs(query, name.series, name.run));
  for (const std::string& measured : measured_metrics(runs)) {
    const Summary summary = metric_summary(runs.front(), measured);
    if (!summary.mean) continue;
    COX_ASSIGN_OR_RETURN(Metric metric, metric_named(measured));
    page.means.push_back(
        {std::move(metric), *summary.mean, static_cast<std::int64_t>(summary.count)});
  }
  return page;
}

}  // namespace cox::report
