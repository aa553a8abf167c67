#include "coordinator/report/data/run_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>
#include <type_traits>

#include "base/abandon.h"
#include "base/text.h"
#include "coordinator/report/data/metrics.h"
#include "coordinator/report/data/row_reader.h"
#include "coordinator/store/result_rows.h"

namespace cox::report {

namespace {

using Json = nlohmann::json;

/// The preset that gave one of the parameters, "adasteer-2026" for the layer `preset` of the file
/// schemas/presets/adasteer-2026.yaml; "" when none did. `origins` is v_runs.origins.
Result<std::string> preset_of(const std::string& origins) {
  if (origins.empty()) return std::string();
  const Json json = Json::parse(origins, nullptr, false);
  if (!json.is_object()) return internal_error("v_runs.origins is not a JSON object");
  for (const Json& origin : json) {
    if (!origin.is_object() || origin.value("layer", "") != "preset") continue;
    return std::filesystem::path(origin.value("file", "")).stem().string();
  }
  return std::string();
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
  for (const std::string& column : weights_columns()) {
    const std::string digest = row.text(column);
    if (!digest.empty()) run.weights_digests[column] = digest;
  }
  run.dataset = row.text("dataset");
  run.dataset_digest = row.text("dataset_digest");
  run.item = row.text("item_kind");
  run.engine_semantics = row.integer("engine_semantics");
  run.metric_definitions = row.integer("metric_definitions");
  COX_ASSIGN_OR_RETURN(run.parameters, parameters_of(row.text("parameters")));
  COX_ASSIGN_OR_RETURN(run.preset, preset_of(row.text("origins")));
  return run;
}

/// Reads the metrics of the registry, each a separate column, then the others of other_metrics.
Status read_metrics(const RowReader& row, VideoResult& result) {
  static const std::vector<std::string> kColumns = metric_columns();
  for (const std::string& metric : kColumns) {
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

/// One object for each environment: thousands of results have the same.
class Environments {
 public:
  std::shared_ptr<const Environment> of(const RowReader& row) {
    static const std::vector<std::string> kColumns = environment_columns();
    cells_.clear();
    for (const std::string& column : kColumns) cells_.push_back(row.cell(column));
    auto& known = known_[cells_];
    if (known == nullptr) known = std::make_shared<const Environment>(read(kColumns));
    return known;
  }

 private:
  Environment read(const std::vector<std::string>& columns) const {
    Environment environment;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const auto* number = std::get_if<std::int64_t>(&cells_[i]);
      const auto* text = std::get_if<std::string>(&cells_[i]);
      if (number != nullptr && *number != 0) environment[columns[i]] = std::to_string(*number);
      if (text != nullptr && !text->empty()) environment[columns[i]] = *text;
    }
    return environment;
  }

  std::vector<store::Cell> cells_;
  std::map<std::vector<store::Cell>, std::shared_ptr<const Environment>> known_;
};

Result<VideoResult> result_of(const RowReader& row, Environments& environments) {
  VideoResult result;
  result.video = row.text("video");
  result.digest = row.text("video_digest");
  const std::string dimensions = row.text("dimensions");
  for (const std::string& name : split(dimensions, ',')) {
    if (!trim(name).empty()) result.dimensions.push_back(trim(name));
  }
  COX_RETURN_IF_ERROR(read_metrics(row, result));
  for (std::size_t i = 0; i < kStages.size(); ++i) result.seconds[i] = row.real(kStages[i]);
  result.scored_frames = row.integer("scored_frames");
  result.steps_run = static_cast<double>(row.integer("steps_run"));
  result.best_step = static_cast<double>(row.integer("best_step"));
  const std::string reference = row.text("reference_digest");
  if (!reference.empty()) result.reference_digests.insert(reference);
  result.time_us = row.integer("time_us");
  result.environment = environments.of(row);
  return result;
}

Unfinished unfinished_of(const RowReader& row) {
  return {row.text("video"), row.text("state"), row.text("cause"), row.text("message"),
          row.integer("expected") != 0};
}

/// The kind of row that one branch of the statement reads which loads a series.
enum Part : std::int64_t { kRun, kResult, kUnfinished };
struct Branch {
  Part part;
  std::string from;  ///< view and condition
  std::string position;
  std::vector<std::string> columns;
};

std::vector<Branch> branches(const std::string& where) {
  // In the order in which result_of reads them.
  std::vector<std::string> of_results = {"video", "video_digest", "dimensions"};
  const auto add = [&](const auto& columns) {
    of_results.insert(of_results.end(), columns.begin(), columns.end());
  };
  add(metric_columns());
  add(std::vector<std::string>{"other_metrics", "nonfinite"});
  add(kStages);
  add(std::vector<std::string>{"scored_frames", "steps_run", "best_step", "reference_digest",
                               "time_us"});
  add(environment_columns());
  std::vector<std::string> of_runs = {"series",           "run_digest",         "method",
                                      "backbone",         "model_digest",       "lora_digest",
                                      "dataset",          "dataset_digest",     "item_kind",
                                      "engine_semantics", "metric_definitions", "parameters",
                                      "origins"};
  const std::vector<std::string> weights = weights_columns();
  of_runs.insert(of_runs.end(), weights.begin(), weights.end());
  return {{kResult, fmt::format("v_results{}", where), "video_position", of_results},
          {kRun, fmt::format("v_runs{} AND superseded = 0", where), "position", of_runs},
          {kUnfinished,
           fmt::format("v_jobs{} AND state <> 'done'", where),
           "video_position",
           {"video", "state", "cause", "message", "expected"}}};
}

bool is_among(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Runs, results and what is unfinished as rows of one statement, which sees one moment of the
/// database wherever it is asked: a job that ends between two statements would be in neither or in
/// both. Every branch has the columns of all, NULL where it has no such.
std::string loading_statement(const std::string& where) {
  const std::vector<Branch> all = branches(where);
  std::vector<std::string> names = all.front().columns;  // those that most rows are read by first
  for (const Branch& branch : all) {
    std::copy_if(branch.columns.begin(), branch.columns.end(), std::back_inserter(names),
                 [&](const std::string& name) { return !is_among(names, name); });
  }
  std::vector<std::string> selects;
  for (const Branch& branch : all) {
    std::string select = fmt::format("SELECT {} AS part, {} AS place, run",
                                     static_cast<std::int64_t>(branch.part), branch.position);
    for (const std::string& name : names) {
      select += fmt::format("{}{}", is_among(branch.columns, name) ? ", " : ", NULL AS ", name);
    }
    selects.push_back(fmt::format("{} FROM {}", select, branch.from));
  }
  return join(selects, " UNION ALL ");
}

/// A row by the columns that identify its place.
struct PlacedRow {
  std::int64_t part = 0;
  std::int64_t place = 0;
  std::string run;  ///< of kRun; what belongs to a run has its place there
  std::size_t row = 0;
};

/// Runs first, then what belongs to them by its place. Sorted here: SQLite would carry every column
/// of every row through a temporary file.
std::vector<PlacedRow> in_order(const Table& table) {
  std::vector<PlacedRow> order;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const RowReader row(table, i);
    const std::int64_t part = row.integer("part");
    const std::int64_t place = row.integer("place");
    order.push_back({part, place, part == kRun ? row.text("run") : "", i});
  }
  std::stable_sort(order.begin(), order.end(), [](const PlacedRow& a, const PlacedRow& b) {
    return std::tie(a.part, a.place, a.run) < std::tie(b.part, b.place, b.run);
  });
  return order;
}

Result<std::vector<RunData>> runs_of(const Table& table) {
  std::vector<RunData> runs;
  std::map<std::string, std::size_t> places;
  Environments environments;
  for (const PlacedRow& placed : in_order(table)) {
    if (is_abandoned()) return Status(StatusCode::kCancelled, "reading runs was abandoned");
    const RowReader row(table, placed.row);
    const std::string name = row.text("run");
    if (placed.part == kRun) {
      COX_ASSIGN_OR_RETURN(RunData data, run_of(row));
      places[name] = runs.size();
      runs.push_back(std::move(data));
      continue;
    }
    const auto place = places.find(name);
    if (place == places.end()) {
      return internal_error(
          fmt::format("v_runs has no run '{}' that v_jobs or v_results has", name));
    }
    if (placed.part == kResult) {
      COX_ASSIGN_OR_RETURN(VideoResult result, result_of(row, environments));
      runs[place->second].results.push_back(std::move(result));
    } else {
      runs[place->second].unfinished.push_back(unfinished_of(row));
    }
  }
  return runs;
}

}  // namespace

bool is_stage(std::string_view column) {
  return std::find(kStages.begin(), kStages.end(), column) != kStages.end();
}

std::vector<std::string> environment_columns() {
  std::vector<std::string> columns;
  for_each_field<Provenance>([&](const auto& field) {
    if (store::is_of_environment(field.name) && field.name != "model_digest") {
      columns.emplace_back(field.name);
    }
  });
  return columns;
}

std::string in_environment(const Environment& environment, const std::string& column) {
  const auto found = environment.find(column);
  return found == environment.end() ? "" : found->second;
}

Result<std::map<std::string, std::string>> parameters_of(const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return internal_error("v_runs.parameters is not a JSON object");
  std::map<std::string, std::string> parameters;
  for (const auto& [name, value] : json.items()) parameters[name] = value.dump();
  return parameters;
}

Result<std::vector<RunData>> load_runs(const Query& query, const std::string& series,
                                       const std::string& run) {
  std::string where = " WHERE series = " + sql_text(series);
  if (!run.empty()) where += " AND run = " + sql_text(run);
  COX_ASSIGN_OR_RETURN(const Table table, query(loading_statement(where)));
  COX_ASSIGN_OR_RETURN(std::vector<RunData> runs, runs_of(table));
  if (runs.empty()) {
    return not_found(run.empty() ? fmt::format("no series '{}'", series)
                                 : fmt::format("no run '{}' in series '{}'", run, series));
  }
  return runs;
}

Result<Metric> metric_or_default(const std::string& name, const std::vector<RunData>& runs) {
  if (!name.empty()) return metric_named(name);
  const std::vector<std::string> measured = measured_metrics(runs);
  return measured.empty() ? known_metrics().front() : metric_named(measured.front());
}

std::vector<std::string> measured_metrics(const std::vector<RunData>& runs) {
  std::set<std::string> found;
  for (const RunData& run : runs) {
    for (const VideoResult& result : run.results) {
      for (const auto& [name, value] : result.metrics) found.insert(name);
      for (const auto& [name, text] : result.nonfinite) {
        if (metric_named(name).is_ok()) found.insert(name);
      }
    }
  }
  std::vector<std::string> ordered;
  for (const Metric& metric : known_metrics()) {
    if (found.erase(metric.name) > 0) ordered.push_back(metric.name);
  }
  ordered.insert(ordered.end(), found.begin(), found.end());
  return ordered;
}

}  // namespace cox::report
