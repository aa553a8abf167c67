#include <fmt/format.h>

#include "coordinator/report/data/queue_status.h"
#include "coordinator/web/views.h"

namespace cox::web {

namespace {

/// One sentence: who could run the jobs, or what no worker has.
std::string why_waiting(const report::QueuedJobs& queued,
                        const std::vector<report::Worker>& workers) {
  if (workers.empty()) return "no worker is connected; start cox-worker";
  std::size_t able = 0;
  for (const report::Worker& worker : workers) able += worker.satisfies(queued.needs) ? 1 : 0;
  if (able == 0) {
    return fmt::format("no connected worker has {} GPU(s) with {} bytes and {} bytes of memory",
                       queued.needs.gpus, queued.needs.gpu_memory_bytes, queued.needs.memory_bytes);
  }
  return fmt::format("{} of {} connected workers can run them", able, workers.size());
}

}  // namespace

Result<OrderedJson> queue_view(const report::Query& query, const Request& /*request*/) {
  COX_ASSIGN_OR_RETURN(const report::Table workers, report::worker_status(query));
  COX_ASSIGN_OR_RETURN(const std::vector<report::Worker> connected,
                       report::connected_workers(query));
  COX_ASSIGN_OR_RETURN(const std::vector<report::QueuedJobs> queued, report::queued_jobs(query));
  COX_ASSIGN_OR_RETURN(
      const report::Table running,
      query(fmt::format("SELECT series, run, item, worker, granted_us, attempt, job_digest"
                        " FROM v_running ORDER BY granted_us, job_digest LIMIT {}",
                        kMaxPage)));
  COX_ASSIGN_OR_RETURN(
      const report::Table events,
      query("SELECT sequence, time_us, kind, series, run, video AS item, worker, message"
            " FROM v_events ORDER BY sequence DESC LIMIT 50"));
  OrderedJson waiting = OrderedJson::array();
  for (const report::QueuedJobs& jobs : queued) {
    waiting.push_back({{"series", jobs.series},
                       {"jobs", jobs.jobs},
                       {"gpus", jobs.needs.gpus},
                       {"gpu_memory_bytes", jobs.needs.gpu_memory_bytes},
                       {"memory_bytes", jobs.needs.memory_bytes},
                       {"why", why_waiting(jobs, connected)}});
  }
  return OrderedJson{{"workers", rows_json(workers)},
                     {"running", rows_json(running)},
                     {"waiting", std::move(waiting)},
                     {"events", rows_json(events)}};
}

}  // namespace cox::web
