#include "cli/sources/open_runs.h"

#include "coordinator/report/data/row_reader.h"

namespace cox::cli {

namespace {

/// A run under several names is one piece of work.
constexpr const char* kOpenRuns =
    "SELECT method, max(queued + blocked + leased) AS open_jobs, max(done) AS done_jobs,"
    " max(total_s) AS seconds FROM v_runs WHERE superseded = 0 GROUP BY run_digest, method";

}  // namespace

Result<std::vector<cluster::OpenRun>> open_runs(const report::Query& query) {
  COX_ASSIGN_OR_RETURN(const report::Table table, query(kOpenRuns));
  std::vector<cluster::OpenRun> runs;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const report::RowReader row(table, i);
    cluster::OpenRun run{.method = row.text("method"),
                         .open_jobs = static_cast<std::uint64_t>(row.integer("open_jobs")),
                         .done_jobs = static_cast<std::uint64_t>(row.integer("done_jobs")),
                         .seconds = {}};
    if (run.done_jobs > 0) run.seconds = row.real("seconds");
    runs.push_back(std::move(run));
  }
  return runs;
}

}  // namespace cox::cli
