#include "coordinator/report/data/queue_status.h"

#include <fmt/format.h>

#include "coordinator/report/data/names.h"
#include "coordinator/report/data/row_reader.h"

namespace cox::report {

namespace {

constexpr const char* kWorkerColumns =
    "worker, machine, device, device_name, gpu_memory_bytes, memory_bytes, held_jobs AS jobs, pid,"
    " engine_build";

Result<std::vector<Worker>> workers_where(const Query& query, const std::string& condition) {
  COX_ASSIGN_OR_RETURN(
      const Table table,
      query(fmt::format("SELECT worker, device_name, gpus, gpu_memory_bytes, memory_bytes"
                        " FROM v_workers WHERE {} ORDER BY worker",
                        condition)));
  std::vector<Worker> workers;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const RowReader row(table, i);
    workers.push_back({row.text("worker"), row.text("device_name"), resources_of(row, "")});
  }
  return workers;
}

}  // namespace

Result<Table> series_status(const Query& query) {
  return query(
      "SELECT series, count(*) AS runs, sum(videos) AS jobs, sum(queued) AS queued,"
      " sum(blocked) AS blocked, sum(leased) AS leased, sum(done) AS done,"
      " sum(failed + quarantined) AS failed, sum(failed_as_expected) AS expected,"
      " sum(cancelled) AS cancelled, sum(paused) AS paused, sum(stopped) AS stopped"
      " FROM v_run_states"
      " GROUP BY series ORDER BY max(created_us)");
}

Result<Table> run_status(const Query& query, const std::string& series) {
  COX_ASSIGN_OR_RETURN(
      Table table,
      query(fmt::format("SELECT run, method, videos AS jobs, queued, blocked, leased, done,"
                        " failed + quarantined AS failed, failed_as_expected AS expected,"
                        " cancelled, paused, stopped,"
                        " CASE WHEN owner_series = series AND owner_run = run THEN NULL"
                        " ELSE owner_series || '/' || owner_run END AS owner,"
                        " substr(run_digest, 1, 12) AS digest FROM v_run_states"
                        " WHERE series = {} ORDER BY position",
                        sql_text(series))));
  if (table.rows.empty()) COX_RETURN_IF_ERROR(check_series(query, series));
  return table;
}

Result<Table> worker_status(const Query& query) {
  return query(
      fmt::format("SELECT {} FROM v_workers WHERE here = 1 ORDER BY worker", kWorkerColumns));
}

Result<Table> worker_history(const Query& query, WorkersShown shown) {
  return query(fmt::format(
      "SELECT {}, CASE WHEN here THEN 'connected' ELSE 'left' END AS state,"
      " strftime('%Y-%m-%dT%H:%M:%SZ',"
      " max(joined_us, coalesce(left_us, 0), coalesce(last_us, 0)) / 1000000, 'unixepoch')"
      " AS last_seen"
      " FROM v_workers LEFT JOIN v_worker_activity USING (worker_id){}"
      " ORDER BY here DESC, worker, joined_us",
      kWorkerColumns, shown == WorkersShown::kConnected ? " WHERE here = 1" : ""));
}

Result<std::vector<Worker>> connected_workers(const Query& query) {
  return workers_where(query, "here = 1");
}

Result<std::vector<Worker>> workers_since(const Query& query, std::int64_t since_us) {
  return workers_where(query, fmt::format("joined_us >= {}", since_us));
}

Result<std::vector<QueuedJobs>> queued_jobs(const Query& query) {
  COX_ASSIGN_OR_RETURN(
      const Table table,
      query("SELECT series, jobs, needs_gpus, needs_gpu_memory_bytes, needs_memory_bytes"
            " FROM v_queued ORDER BY 1, 3, 4, 5"));
  std::vector<QueuedJobs> queued;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const RowReader row(table, i);
    queued.push_back({row.text("series"), row.integer("jobs"), resources_of(row, "needs_")});
  }
  return queued;
}

}  // namespace cox::report
