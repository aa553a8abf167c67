#include "coordinator/report/run_data.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "base/text.h"
#include "coordinator/report/metrics.h"
#include "coordinator/report/row_reader.h"

namespace cox::report {

namespace {

using Table = store::ReadOnlyDatabase::Table;
using Json = nlohmann::json;
using RunsByName = std::map<std::string, RunData*>;

Result<std::map<std::string, std::string>> parameters_of(const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return internal_error("v_runs.parameters is not a JSON object");
  std::map<std::string, std::string> parameters;
  for (const auto& [name, value] : json.items()) parameters[name] = value.dump();
  return parameters;
}

Result<RunData> run_of(const RowReader& row) {
  RunData run;
  run.series = row.text("series");
  run.name = row.text("run");
  run.digest = row.text("run_digest");
  run.method = row.text("method");
  run.backbone = row.text("backbone");
  run.model_digest = row.text("model_digest");
  run.lora_digest = row.text("lora_digest");
  run.lpips_weights_digest = row.text("lpips_weights_digest");
  run.dataset = row.text("dataset");
  run.dataset_digest = row.text("dataset_digest");
  run.engine_semantics = row.integer("engine_semantics");
  run.metric_definitions = row.integer("metric_definitions");
  COX_ASSIGN_OR_RETURN(run.parameters, parameters_of(row.text("parameters")));
  return run;
}

/// Metrics of a result: columns of their own, then those that share the column other_metrics.
Status read_metrics(const RowReader& row, VideoResult& result) {
  for (const char* metric : kMetricColumns) {
    const double value = row.real(metric);
    if (std::isfinite(value)) result.metrics[metric] = value;
  }
  const std::string others = row.text("other_metrics");
  if (!others.empty()) {
    const Json json = Json::parse(others, nullptr, false);
    if (!json.is_object()) return internal_error("v_results.other_metrics is not a JSON object");
    for (const auto& [name, value] : json.items()) {
      if (value.is_number()) result.metrics[name] = value.get<double>();
    }
  }
  const std::string nonfinite = row.text("nonfinite");
  if (nonfinite.empty()) return Status::ok();
  const Json json = Json::parse(nonfinite, nullptr, false);
  if (!json.is_object()) return internal_error("v_results.nonfinite is not a JSON object");
  for (const auto& [name, value] : json.items()) {
    result.nonfinite[name] = value.get<std::string>();
  }
  return Status::ok();
}

Result<VideoResult> result_of(const RowReader& row) {
  VideoResult result;
  result.video = row.text("video");
  result.digest = row.text("video_digest");
  COX_RETURN_IF_ERROR(read_metrics(row, result));
  for (std::size_t i = 0; i < kStages.size(); ++i) result.seconds[i] = row.real(kStages[i]);
  result.scored_frames = row.integer("scored_frames");
  result.steps_run = static_cast<double>(row.integer("steps_run"));
  result.best_step = static_cast<double>(row.integer("best_step"));
  const std::string reference = row.text("reference_digest");
  if (!reference.empty()) result.reference_digests.insert(reference);
  result.time_us = row.integer("time_us");
  result.environment = {.machine = row.text("machine"),
                        .device = row.text("device"),
                        .device_name = row.text("device_name"),
                        .driver = row.text("driver"),
                        .threads = row.integer("threads"),
                        .kernels = row.text("kernels"),
                        .dtype = row.text("dtype"),
                        .engine_build = row.text("engine_build"),
                        .torch_version = row.text("torch_version")};
  return result;
}

Unfinished unfinished_of(const RowReader& row) {
  return {row.text("video"), row.text("state"), row.text("cause"), row.text("message"),
          row.integer("expected") != 0};
}

Status read_results(const Query& query, const std::string& where, const RunsByName& runs) {
  COX_ASSIGN_OR_RETURN(
      const Table table,
      query(concat(
          "SELECT run, video, video_digest, ",
          join({kMetricColumns.begin(), kMetricColumns.end()}, ", "),
          ", other_metrics, nonfinite, ", join({kStages.begin(), kStages.end()}, ", "),
          ", scored_frames, steps_run, best_step, reference_digest, time_us, machine, device,"
          " device_name, driver, threads, kernels, dtype, engine_build, torch_version"
          " FROM v_results",
          where, " ORDER BY run, video_position")));
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const RowReader row(table, i);
    COX_ASSIGN_OR_RETURN(VideoResult result, result_of(row));
    runs.at(row.text("run"))->results.push_back(std::move(result));
  }
  return Status::ok();
}

Status read_unfinished(const Query& query, const std::string& where, const RunsByName& runs) {
  COX_ASSIGN_OR_RETURN(
      const Table table,
      query(concat("SELECT run, video, state, cause, message, expected FROM v_jobs", where,
                   " AND state <> 'done' ORDER BY run, video_position")));
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const RowReader row(table, i);
    runs.at(row.text("run"))->unfinished.push_back(unfinished_of(row));
  }
  return Status::ok();
}

}  // namespace

Result<std::vector<RunData>> load_runs(const Query& query, const std::string& series,
                                       const std::string& run) {
  std::string where = " WHERE series = " + store::sql_text(series);
  if (!run.empty()) where += " AND run = " + store::sql_text(run);
  COX_ASSIGN_OR_RETURN(
      const Table table,
      query(concat("SELECT series, run, run_digest, method, backbone, model_digest, lora_digest,"
                   " lpips_weights_digest, dataset, dataset_digest, engine_semantics, "
                   "metric_definitions, parameters FROM v_runs",
                   where, " AND superseded = 0 ORDER BY position")));
  if (table.rows.empty()) {
    return not_found(run.empty() ? concat("no series '", series, "'")
                                 : concat("no run '", run, "' in series '", series, "'"));
  }
  std::vector<RunData> runs;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    COX_ASSIGN_OR_RETURN(RunData data, run_of(RowReader(table, i)));
    runs.push_back(std::move(data));
  }
  RunsByName by_name;
  for (RunData& data : runs) by_name[data.name] = &data;
  COX_RETURN_IF_ERROR(read_results(query, where, by_name));
  COX_RETURN_IF_ERROR(read_unfinished(query, where, by_name));
  return runs;
}

std::vector<std::string> measured_metrics(const std::vector<RunData>& runs) {
  std::set<std::string> found;
  for (const RunData& run : runs) {
    for (const VideoResult& result : run.results) {
      for (const auto& [name, value] : result.metrics) found.insert(name);
    }
  }
  std::vector<std::string> ordered;
  for (const char* column : kMetricColumns) {
    if (found.erase(column) > 0) ordered.emplace_back(column);
  }
  ordered.insert(ordered.end(), found.begin(), found.end());
  return ordered;
}

}  // namespace cox::report
