#include "coordinator/report/data/attempts.h"

#include <fmt/format.h>

#include "coordinator/report/data/names.h"
#include "coordinator/report/data/row_reader.h"

namespace cox::report {

Result<std::string> jobs_named(const Query& query, const std::string& text) {
  const Result<std::string> job = find_job(query, text);
  if (job.is_ok()) return fmt::format("job_digest = {}", sql_text(*job));
  if (job.status().code() != StatusCode::kNotFound) return job.status();
  COX_ASSIGN_OR_RETURN(const RunName run, find_run(query, text));
  return fmt::format("run_digest = {}", sql_text(run.digest));
}

Result<Table> attempts_of(const Query& query, const std::string& condition, bool only_failed) {
  return query(fmt::format(
      "SELECT series || '/' || run || '/' || video AS job, attempt, outcome, cause, worker,"
      " strftime('%Y-%m-%dT%H:%M:%SZ', granted_us / 1000000, 'unixepoch') AS granted,"
      " (ended_us - granted_us) / 1e6 AS held_s,"
      " (worker_finished_us - worker_started_us) / 1e6 AS ran_s, message, log_tail FROM v_attempts "
      "WHERE {}{}"
      " ORDER BY granted_us, job, attempt",
      condition, only_failed ? " AND outcome NOT IN ('done', 'open')" : ""));
}

Result<std::int64_t> open_jobs(const Query& query, const std::string& condition) {
  COX_ASSIGN_OR_RETURN(const Table table,
                       query(fmt::format("SELECT count(*) AS jobs FROM v_jobs WHERE {}"
                                         " AND state IN ('queued', 'blocked', 'leased')",
                                         condition)));
  return RowReader(table, 0).integer("jobs");
}

}  // namespace cox::report
