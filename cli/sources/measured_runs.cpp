#include "cli/sources/measured_runs.h"

#include <map>
#include <utility>

#include "coordinator/report/data/row_reader.h"
#include "proto/convert.h"

namespace cox::cli {

namespace {

constexpr const char* kMeasuredRuns =
    "SELECT run_digest, method, parameters, model_digest FROM v_runs GROUP BY run_digest";

/// A job under several names is one result.
constexpr const char* kTimes =
    "SELECT run_digest, device, device_name, engine_build, max(time_us) AS newest_us,"
    " count(*) AS results, total(steps_run) AS steps,"
    " total(json_array_length(anchor_losses)) AS checks,"
    " total(decode_s + encode_s) AS source_s,"
    " total(train_s) AS train_s, total(early_stop_s) AS check_s, total(generate_s) AS generate_s,"
    " total(latent_decode_s) AS decode_s, total(metrics_s + write_s) AS score_s"
    " FROM (SELECT * FROM v_results GROUP BY job_digest)"
    " GROUP BY run_digest, device, device_name, engine_build";

constexpr const char* kOutcomes =
    "SELECT run_digest, video, steps_run, best_step FROM v_results"
    " WHERE json_array_length(anchor_losses) > 0 GROUP BY job_digest";

constexpr const char* kDone = "SELECT DISTINCT job_digest FROM v_jobs WHERE state = 'done'";

void read_times(const report::RowReader& row, sweep::MeasuredRun& run) {
  run.device = row.text("device");
  run.device_name = row.text("device_name");
  run.build = row.text("engine_build");
  run.newest_us = row.integer("newest_us");
  run.results = row.integer("results");
  run.steps = static_cast<std::int64_t>(row.real("steps"));
  run.checks = static_cast<std::int64_t>(row.real("checks"));
  run.source_s = row.real("source_s");
  run.train_s = row.real("train_s");
  run.check_s = row.real("check_s");
  run.generate_s = row.real("generate_s");
  run.decode_s = row.real("decode_s");
  run.score_s = row.real("score_s");
}

}  // namespace

Result<sweep::Measured> measured_runs(const report::Query& query) {
  sweep::Measured measured;
  measured.source = query.source();
  COX_ASSIGN_OR_RETURN(const report::Table runs, query(kMeasuredRuns));
  std::map<std::string, sweep::MeasuredRun> by_digest;
  for (std::size_t i = 0; i < runs.rows.size(); ++i) {
    const report::RowReader row(runs, i);
    sweep::MeasuredRun run;
    run.method = row.text("method");
    run.model_digest = row.text("model_digest");
    COX_ASSIGN_OR_RETURN(run.parameters, parameters_from(row.text("parameters")));
    by_digest.emplace(row.text("run_digest"), std::move(run));
  }
  COX_ASSIGN_OR_RETURN(const report::Table outcomes, query(kOutcomes));
  for (std::size_t i = 0; i < outcomes.rows.size(); ++i) {
    const report::RowReader row(outcomes, i);
    const auto run = by_digest.find(row.text("run_digest"));
    if (run == by_digest.end()) continue;  // it began after the first question
    run->second.outcomes[row.text("video")] = {row.integer("steps_run"), row.integer("best_step")};
  }
  COX_ASSIGN_OR_RETURN(const report::Table times, query(kTimes));
  for (std::size_t i = 0; i < times.rows.size(); ++i) {
    const report::RowReader row(times, i);
    const auto run = by_digest.find(row.text("run_digest"));
    if (run == by_digest.end()) continue;  // it began after the first question
    measured.runs.push_back(run->second);
    read_times(row, measured.runs.back());
  }
  COX_ASSIGN_OR_RETURN(const report::Table done, query(kDone));
  for (std::size_t i = 0; i < done.rows.size(); ++i) {
    measured.done_jobs.insert(report::RowReader(done, i).text("job_digest"));
  }
  return measured;
}

}  // namespace cox::cli
