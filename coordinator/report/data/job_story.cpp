#include "coordinator/report/data/job_story.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "base/text.h"
#include "coordinator/report/data/reuse.h"
#include "coordinator/report/data/row_reader.h"
#include "coordinator/report/data/words.h"
#include "record/value.h"

namespace cox::report {

namespace {

std::string time_text(const RowReader& row, std::string_view column) {
  return row.is_null(column) ? "?" : format_time_utc(row.integer(column));
}

Result<std::string> waiting_reason(const Query& query, const RowReader& job) {
  COX_ASSIGN_OR_RETURN(
      const Table table,
      query(fmt::format("SELECT (SELECT count(*) FROM v_workers WHERE here = 1) AS workers,"
                        " (SELECT count(*) FROM v_jobs WHERE state = 'queued' AND priority > {})"
                        " AS ahead",
                        job.integer("priority"))));
  const RowReader counts(table, 0);
  const std::string workers =
      counts.integer("workers") == 0
          ? "no worker is connected; start cox-worker, or 'cox run' the sweep"
          : fmt::format("{} connected, all busy", counted(counts.integer("workers"), "worker"));
  return fmt::format("waiting for a worker since {}: {}; {} with a higher priority",
                     time_text(job, "submitted_us"), workers,
                     counted(counts.integer("ahead"), "queued job"));
}

/// Why a job that is not queued has its state.
std::string state_reason(const RowReader& job) {
  const std::string state = job.text("state");
  const std::string attempt = fmt::format("attempt {}", job.integer("attempt"));
  if (state == "blocked") {
    return fmt::format("waiting until {} before the next attempt: {} ended with {}",
                       time_text(job, "ready_us"), attempt, job.text("message"));
  }
  if (state == "leased") {
    return fmt::format("running on worker {} since {} ({})", job.text("worker"),
                       time_text(job, "granted_us"), attempt);
  }
  if (state == "done") {
    return fmt::format(
        "ran because no job with this run and video had a result; {} finished it at {}; it never "
        "runs again",
        attempt, time_text(job, "ended_us"));
  }
  if (state == "failed") {
    return fmt::format("failed with cause {}{} ({}): {}", job.text("cause"),
                       job.integer("expected") == 1 ? ", as the sweep expects" : "", attempt,
                       job.text("message"));
  }
  if (state == "quarantined") {
    return fmt::format(
        "{} while running it; it is not retried unless 'cox retry --job' requests it",
        counted(job.integer("worker_kills"), "worker") + " died");
  }
  if (state == "cancelled") return "cancelled by a person or by the failure policy";
  if (state == "stopped") {
    const std::string reason = job.text("stop_reason");
    if (reason == "budget") {
      return "stopped: its series has used its GPU-hours (policy.max_gpu_hours); submit it with a "
             "larger budget";
    }
    return fmt::format(
        "stopped by the rule '{}': its run fell behind the others on the same items; "
        "'cox retry --state stopped' runs it anyway",
        reason);
  }
  return "paused by a person until 'cox resume'";
}

/// A run under a name, with all that can change a result.
struct NamedFields {
  std::string name;
  std::string digest;
  Fields fields;
};

Result<std::vector<NamedFields>> all_runs(const Query& query) {
  COX_ASSIGN_OR_RETURN(
      const Table table,
      query("SELECT series, run, run_digest, method, backbone, model_digest, parameters"
            " FROM v_runs WHERE superseded = 0 ORDER BY series, position"));
  std::vector<NamedFields> runs;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const RowReader row(table, i);
    COX_ASSIGN_OR_RETURN(Fields fields, parameters_of(row.text("parameters")));
    fields["method"] = json_quoted(row.text("method"));
    fields["backbone"] = json_quoted(row.text("backbone"));
    fields["model_digest"] = json_quoted(short_digest(row.text("model_digest")));
    runs.push_back({fmt::format("{}/{}", row.text("series"), row.text("run")),
                    row.text("run_digest"), std::move(fields)});
  }
  return runs;
}

/// The run with the fewest different fields; the first of equals.
Status find_nearest(const Query& query, const std::string& run_digest, JobStory& story) {
  COX_ASSIGN_OR_RETURN(const std::vector<NamedFields> runs, all_runs(query));
  const NamedFields* ours = nullptr;
  for (const NamedFields& run : runs) {
    if (run.digest == run_digest) ours = &run;
  }
  if (ours == nullptr) return Status::ok();  // only superseded names are left
  for (const NamedFields& other : runs) {
    if (other.digest == run_digest) continue;
    std::vector<Difference> different = differences(ours->fields, other.fields);
    if (!story.nearest.empty() && different.size() >= story.differences.size()) continue;
    story.nearest = other.name;
    story.differences = std::move(different);
  }
  return Status::ok();
}

}  // namespace

Result<JobStory> job_story(const Query& query, const std::string& job_digest) {
  const std::string where = fmt::format(" WHERE job_digest = {}", sql_text(job_digest));
  COX_ASSIGN_OR_RETURN(const Table jobs,
                       query(fmt::format("SELECT * FROM v_jobs{} ORDER BY owner_series <> series,"
                                         " owner_run <> run",
                                         where)));
  if (jobs.rows.empty()) return not_found(fmt::format("no job {}", job_digest));
  const RowReader job(jobs, 0);
  JobStory story;
  story.digest = job_digest;
  story.name = fmt::format("{}/{}/{}", job.text("series"), job.text("run"), job.text("video"));
  story.state = job.text("state");
  story.needs = resources_of(job, "needs_");
  if (story.state == "queued") {
    COX_ASSIGN_OR_RETURN(story.reason, waiting_reason(query, job));
  } else {
    story.reason = state_reason(job);
  }
  COX_ASSIGN_OR_RETURN(story.uses, query(fmt::format("SELECT series, run FROM v_jobs{}", where)));
  COX_ASSIGN_OR_RETURN(
      story.attempts,
      query(fmt::format("SELECT attempt, outcome, cause, worker, machine,"
                        " strftime('%Y-%m-%dT%H:%M:%SZ', granted_us / 1000000, 'unixepoch') AS"
                        " granted, (ended_us - granted_us) / 1e6 AS held_s, message"
                        " FROM v_attempts{} ORDER BY attempt",
                        where)));
  if (story.state == "done") {
    COX_ASSIGN_OR_RETURN(story.reuse, reuse_sentence(query, job_digest));
  }
  COX_RETURN_IF_ERROR(find_nearest(query, job.text("run_digest"), story));
  return story;
}

}  // namespace cox::report
