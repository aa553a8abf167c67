#include "cli/results/job_story.h"

#include <map>

#include "base/text.h"
#include "cli/needs.h"
#include "cli/output/number.h"

namespace cox::cli {

namespace {

using Fields = std::map<std::string, Cell>;

Fields fields_of(const Rows& rows, size_t row) {
  Fields fields;
  for (size_t c = 0; c < rows.columns.size(); ++c) fields[rows.columns[c]] = rows.cells[row][c];
  return fields;
}

std::string text(const Fields& fields, const std::string& name) {
  const Cell& cell = fields.at(name);
  return std::holds_alternative<std::monostate>(cell) ? "" : readable_cell(name, cell);
}

std::string time_text(const Fields& fields, const std::string& name) {
  const auto* time_us = std::get_if<std::int64_t>(&fields.at(name));
  return time_us == nullptr ? "?" : format_time_utc(*time_us);
}

Resources needs_of(const Fields& job) {
  const auto number = [&](const char* name) { return std::get<std::int64_t>(job.at(name)); };
  return {static_cast<std::uint32_t>(number("needs_gpus")), number("needs_gpu_memory_bytes"),
          number("needs_memory_bytes")};
}

Result<std::string> waiting_reason(ResultSource& source, const Fields& job) {
  COX_ASSIGN_OR_RETURN(const std::string unmet, unmet_needs(source, needs_of(job), "here = 1"));
  if (!unmet.empty()) return unmet;
  COX_ASSIGN_OR_RETURN(
      const Rows counts,
      source.query(concat("SELECT (SELECT count(*) FROM v_workers WHERE here = 1),"
                          " (SELECT count(*) FROM v_jobs WHERE state = 'queued' AND priority > ",
                          text(job, "priority"), ")")));
  const std::string workers = readable_cell("", counts.cells.front()[0]);
  const std::string ahead = readable_cell("", counts.cells.front()[1]);
  return concat("waits for a worker since ", time_text(job, "submitted_us"), ": ",
                workers == "0" ? "none is here; start cox-worker, or 'cox run' the sweep"
                               : workers + " are here and busy",
                "; ", ahead, " queued jobs have a higher priority");
}

Result<std::string> reason_of(ResultSource& source, const Fields& job) {
  const std::string state = text(job, "state");
  const std::string tries = concat("attempt ", text(job, "attempt"));
  if (state == "queued") return waiting_reason(source, job);
  if (state == "blocked") {
    return concat("waits until ", time_text(job, "ready_us"), " before it is tried again: ", tries,
                  " ended with ", text(job, "message"));
  }
  if (state == "leased") {
    return concat("worker ", text(job, "worker"), " holds it since ", time_text(job, "granted_us"),
                  " (", tries, ")");
  }
  if (state == "done") {
    return concat("ran because no job with this run and video had a result; done by ", tries,
                  " at ", time_text(job, "ended_us"), "; it never runs again");
  }
  if (state == "failed") {
    return concat("failed with cause ", text(job, "cause"),
                  text(job, "expected") == "1" ? ", as the sweep expects" : "", " (", tries,
                  "): ", text(job, "message"));
  }
  if (state == "quarantined") {
    return concat(text(job, "worker_kills"),
                  " workers died with it in flight; it is not tried again"
                  " until 'cox retry --job' asks for it");
  }
  if (state == "cancelled") return std::string("cancelled by a person or the failure policy");
  return std::string("held back by a person until 'cox resume'");
}

Result<std::vector<RunIdentity>> all_runs(ResultSource& source) {
  COX_ASSIGN_OR_RETURN(
      const Rows rows,
      source.query("SELECT series || '/' || run, run_digest, method, backbone, model_digest,"
                   " parameters FROM v_runs WHERE superseded = 0 ORDER BY series, position"));
  std::vector<RunIdentity> runs;
  for (const auto& row : rows.cells) {
    std::vector<std::string> texts;
    for (const Cell& cell : row) texts.push_back(readable_cell("", cell));
    runs.push_back({texts[0], texts[1], texts[2], texts[3], texts[4], texts[5]});
  }
  return runs;
}

/// The run with the fewest different fields; the first of equals.
Status find_nearest(ResultSource& source, const std::string& run_digest, JobStory& story) {
  COX_ASSIGN_OR_RETURN(const auto runs, all_runs(source));
  const RunIdentity* ours = nullptr;
  for (const RunIdentity& run : runs) {
    if (run.digest == run_digest) ours = &run;
  }
  if (ours == nullptr) return Status::ok();  // only superseded names are left
  for (const RunIdentity& other : runs) {
    if (other.digest == run_digest) continue;
    COX_ASSIGN_OR_RETURN(auto different, differences(*ours, other));
    if (!story.nearest.empty() && different.size() >= story.differences.size()) continue;
    story.nearest = other.name;
    story.differences = std::move(different);
  }
  return Status::ok();
}

}  // namespace

Result<JobStory> job_story(ResultSource& source, const std::string& job_digest) {
  const std::string where = concat(" WHERE job_digest = ", sql_text(job_digest));
  COX_ASSIGN_OR_RETURN(const Rows jobs,
                       source.query(concat("SELECT * FROM v_jobs", where,
                                           " ORDER BY owner_series <> series, owner_run <> run")));
  if (jobs.cells.empty()) return not_found(concat("no job ", job_digest));
  const Fields job = fields_of(jobs, 0);
  JobStory story;
  story.digest = job_digest;
  story.name = concat(text(job, "series"), '/', text(job, "run"), '/', text(job, "video"));
  story.state = text(job, "state");
  COX_ASSIGN_OR_RETURN(story.reason, reason_of(source, job));
  COX_ASSIGN_OR_RETURN(story.uses, source.query(concat("SELECT series, run FROM v_jobs", where)));
  COX_ASSIGN_OR_RETURN(
      story.attempts,
      source.query(concat("SELECT attempt, outcome, cause, worker, machine,"
                          " strftime('%Y-%m-%dT%H:%M:%SZ', granted_us / 1000000, 'unixepoch') AS"
                          " granted, (ended_us - granted_us) / 1e6 AS held_s, message"
                          " FROM v_attempts",
                          where, " ORDER BY attempt")));
  COX_RETURN_IF_ERROR(find_nearest(source, text(job, "run_digest"), story));
  return story;
}

}  // namespace cox::cli
