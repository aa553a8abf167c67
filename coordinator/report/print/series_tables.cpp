#include "coordinator/report/print/series_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <set>

#include "base/text.h"
#include "coordinator/report/compare/checks.h"
#include "coordinator/report/compare/comparison.h"
#include "coordinator/report/data/marks.h"
#include "coordinator/report/data/names.h"
#include "coordinator/report/data/run_means.h"
#include "coordinator/report/print/text_table.h"

namespace cox::report {

namespace {

/// A stage whose mean seconds are shown next to the metrics of a run, and its column.
struct ShownStage {
  const char* stage;
  const char* column;
};

constexpr std::array<ShownStage, 4> kShownStages = {{{"train_s", "train_s"},
                                                     {"early_stop_s", "early_stop_s"},
                                                     {"generate_s", "generate_s"},
                                                     {"alone_s", "total_s"}}};

Cell to_cell(const std::optional<double>& value) { return value ? Cell(*value) : Cell(); }
Cell to_cell(std::size_t count) { return static_cast<std::int64_t>(count); }

void add_warnings(std::vector<std::string>& all, std::vector<std::string> more) {
  std::move(more.begin(), more.end(), std::back_inserter(all));
}

/// The values shown for a set metric, after its name.
constexpr std::array kSetColumns = {"", "_videos", "_dimension", "_extrapolated"};

void append_set(const std::vector<SetValue>& values, const std::string& metric, Row& row) {
  const auto value = std::find_if(values.begin(), values.end(),
                                  [&](const SetValue& known) { return known.metric == metric; });
  if (value == values.end()) {
    row.resize(row.size() + kSetColumns.size());
    return;
  }
  row.insert(row.end(), {Cell(value->value), to_cell(value->videos.size()),
                         to_cell(value->dimension), to_cell(value->extrapolated)});
}

/// Names of the set metrics that any run has a value of.
std::set<std::string> set_metrics_of(const SeriesResults& results) {
  std::set<std::string> metrics;
  for (const auto& [run, values] : results.sets) {
    for (const SetValue& value : values) metrics.insert(value.metric);
  }
  return metrics;
}

Row means_of(const RunData& run, const SeriesResults& results) {
  const JobCounts counts = job_counts(run);
  Row row = {run.name,
             to_cell(run.results.size()),
             to_cell(run.videos()),
             to_cell(counts.failed),
             to_cell(counts.failed_as_expected),
             to_cell(counts.cancelled)};
  for (const Metric& metric : results.metrics) {
    const Summary summary = metric_summary(run, metric.name);
    row.push_back(to_cell(summary.mean));
    row.push_back(to_cell(summary.standard_error));
  }
  const auto sets = results.sets.find(run.name);
  for (const std::string& metric : set_metrics_of(results)) {
    append_set(sets == results.sets.end() ? std::vector<SetValue>{} : sets->second, metric, row);
  }
  for (const ShownStage& shown : kShownStages) {
    row.push_back(to_cell(stage_mean(run, shown.stage)));
  }
  const std::vector<std::string> marks = marks_of(run);
  Cell& shown = row.emplace_back();
  if (!marks.empty()) shown = join(marks, ", ");
  return row;
}

}  // namespace

Result<SeriesResults> load_series_results(const Query& query, const std::string& series) {
  COX_RETURN_IF_ERROR(check_series(query, series));
  SeriesResults results;
  COX_ASSIGN_OR_RETURN(results.runs, load_runs(query, series));
  results.warnings = coverage_warnings(results.runs);
  for (const std::string& name : measured_metrics(results.runs)) {
    Result<Metric> metric = metric_named(name);
    std::string mixed = weights_difference(results.runs, name);
    if (!metric.is_ok()) {
      results.warnings.push_back(
          fmt::format("{} is left out: {}", name, metric.status().message()));
    } else if (mixed.empty()) {
      results.metrics.push_back(std::move(metric).value());
    } else {
      results.warnings.push_back(std::move(mixed));
    }
  }
  COX_ASSIGN_OR_RETURN(results.sets, set_values_of_series(query, series, results.warnings));
  add_warnings(results.warnings, environment_warnings(results.runs));
  add_warnings(results.warnings, mark_warnings(results.runs));
  return results;
}

Table series_means(const SeriesResults& results) {
  Table table{{"run", "done", "videos", "failed", "expected", "cancelled"}, {}};
  std::vector<std::string> optional;
  for (const Metric& metric : results.metrics) {
    optional.insert(optional.end(), {metric.name, metric.name + "_se"});
  }
  for (const std::string& metric : set_metrics_of(results)) {
    for (const char* column : kSetColumns) optional.push_back(metric + column);
  }
  table.columns.insert(table.columns.end(), optional.begin(), optional.end());
  for (const ShownStage& shown : kShownStages) table.columns.emplace_back(shown.column);
  table.columns.emplace_back(kMarks);
  optional.emplace_back(kMarks);
  for (const RunData& run : results.runs) table.rows.push_back(means_of(run, results));
  return without_empty_columns(table, optional);
}

Result<Table> job_rows(const Query& query, const std::string& series) {
  return query(fmt::format("SELECT * FROM v_results WHERE series = {} ORDER BY run, video_position",
                           sql_text(series)));
}

Result<Table> failure_rows(const Query& query, const std::string& series) {
  return query(fmt::format("SELECT * FROM v_failures WHERE series = {} ORDER BY run, video",
                           sql_text(series)));
}

std::vector<SharedFailure> shared_failures(const std::vector<RunData>& runs) {
  std::vector<SharedFailure> failures;
  for (const RunData& run : runs) {
    for (const Unfinished& video : run.unfinished) {
      if (video.state != "failed" && video.state != "quarantined") continue;
      const std::string what =
          fmt::format("{} ({})", video.expected ? "failed as expected" : video.state,
                      video.cause.empty() ? "-" : video.cause);
      const auto same = std::find_if(failures.begin(), failures.end(), [&](const auto& known) {
        return known.what == what && known.video == video.video && known.message == video.message;
      });
      if (same == failures.end()) {
        failures.push_back({video.expected, what, video.video, video.message, {run.name}});
      } else {
        same->runs.push_back(run.name);
      }
    }
  }
  std::stable_sort(failures.begin(), failures.end(),
                   [](const auto& a, const auto& b) { return !a.expected && b.expected; });
  return failures;
}

}  // namespace cox::report
