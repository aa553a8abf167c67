#include "coordinator/report/print/report_rows.h"

#include "coordinator/report/data/cells.h"
#include "coordinator/report/data/replicates.h"
#include "coordinator/report/data/run_means.h"

namespace cox::report {

namespace {

/// A column of a comparison, and what it holds.
struct Column {
  const char* name;
  Cell (*cell)(const Comparison& comparison);
};

using C = Comparison;
constexpr Column kColumns[] = {
    {"baseline", [](const C& c) -> Cell { return c.baseline; }},
    {"pairs", [](const C& c) { return cell_of(c.pairs); }},
    {"pair_videos", [](const C& c) { return cell_of(c.videos); }},
    {"baseline_mean", [](const C& c) { return cell_of(c.baseline_mean); }},
    {"paired_mean", [](const C& c) { return cell_of(c.run_mean); }},
    {"difference", [](const C& c) { return cell_of(c.difference.mean); }},
    {"low", [](const C& c) { return low_cell(c.inference.interval); }},
    {"high", [](const C& c) { return high_cell(c.inference.interval); }},
    {"family_low", [](const C& c) { return low_cell(c.family_inference.interval); }},
    {"family_high", [](const C& c) { return high_cell(c.family_inference.interval); }},
    {"p", [](const C& c) { return cell_of(c.inference.p); }},
    {"p_family", [](const C& c) { return cell_of(c.family_inference.p); }},
    {"family", [](const C& c) { return cell_of(c.family); }},
    {"margin", [](const C& c) { return cell_of(c.margin); }},
    {"p_equivalence", [](const C& c) { return cell_of(c.equivalence_p); }},
    {"p_equivalence_holm", [](const C& c) { return cell_of(c.equivalence_holm_p); }},
    {"p_wilcoxon", [](const C& c) { return cell_of(c.signed_rank.p); }},
    {"p_wilcoxon_holm", [](const C& c) { return cell_of(c.signed_rank_holm_p); }},
    {"p_sign", [](const C& c) { return cell_of(c.sign_p); }},
    {"wins", [](const C& c) { return cell_of(c.wins.wins); }},
    {"losses", [](const C& c) { return cell_of(c.wins.losses); }},
    {"ties", [](const C& c) { return cell_of(c.wins.ties); }},
    {"t_low", [](const C& c) { return low_cell(c.difference.t_interval); }},
    {"t_high", [](const C& c) { return high_cell(c.difference.t_interval); }},
    {"median", [](const C& c) { return cell_of(c.difference.median); }},
    {"deviation", [](const C& c) { return cell_of(c.difference.deviation); }},
    {"effect_g", [](const C& c) { return cell_of(c.effect); }},
    {"detectable", [](const C& c) { return cell_of(c.detectable); }},
    {"detectable_family", [](const C& c) { return cell_of(c.detectable_corrected); }},
    {"identical", [](const C& c) { return cell_of(std::size_t{c.identical}); }},
    {"unadapted", [](const C& c) { return cell_of(c.unadapted); }},
    {"adapted_difference", [](const C& c) { return cell_of(c.adapted_difference); }},
    {"control", [](const C& c) { return cell_of(std::size_t{c.is_control}); }},
    {"run_marks", [](const C& c) { return cell_of(c.run_marks); }},
    {"baseline_marks", [](const C& c) { return cell_of(c.baseline_marks); }},
    {"replicates", [](const C& c) { return cell_of(c.replicates.of_run); }},
    {"baseline_replicates", [](const C& c) { return cell_of(c.replicates.of_baseline); }},
    {"replicate_deviation", [](const C& c) { return cell_of(c.replicates.run_deviation); }},
    {"baseline_replicate_deviation",
     [](const C& c) { return cell_of(c.replicates.baseline_deviation); }},
    {"difference_replicate_deviation",
     [](const C& c) { return cell_of(c.replicates.difference_deviation); }},
};

void add_columns(std::vector<std::string>& names) {
  for (const Column& column : kColumns) names.emplace_back(column.name);
}

/// The cells of kColumns; NULL for what was not compared.
void add_cells(const Comparison* comparison, Row& row) {
  for (const Column& column : kColumns) {
    Cell& made = row.emplace_back();
    if (comparison != nullptr) made = column.cell(*comparison);
  }
}

const Comparison* find(const SeriesReport& report, std::size_t metric, const RunData& run) {
  if (metric >= report.comparisons.size()) return nullptr;
  for (const Comparison& comparison : report.comparisons[metric]) {
    if (comparison.run == run.full_name()) return &comparison;
  }
  return nullptr;
}

Row report_cells(const SeriesReport& report, const RunData& run, std::size_t metric) {
  const Summary summary = metric_summary(run, report.metrics[metric].name);
  Row row = {run.series,
             run.name,
             run.method,
             report.metrics[metric].name,
             cell_of(run.videos()),
             cell_of(summary.count),
             cell_of(summary.mean),
             cell_of(summary.standard_error),
             low_cell(summary.t_interval),
             high_cell(summary.t_interval),
             cell_of(replicates_of(run)),
             cell_of(replicate_deviation(run, report.metrics[metric].name))};
  add_cells(find(report, metric, run), row);
  return row;
}

}  // namespace

Table comparison_rows(const std::vector<Comparison>& comparisons) {
  Table table;
  table.columns = {"run", "metric"};
  add_columns(table.columns);
  for (const Comparison& comparison : comparisons) {
    Row& row = table.rows.emplace_back(Row{comparison.run, comparison.metric.name});
    add_cells(&comparison, row);
  }
  return table;
}

Table set_rows(const std::vector<SetComparison>& comparisons) {
  Table table{{"run", "baseline", "metric", "videos", "dimension", "value", "baseline_value",
               "extrapolated", "baseline_extrapolated", "difference", "low", "high"},
              {}};
  for (const SetComparison& c : comparisons) {
    Row& row = table.rows.emplace_back(Row(table.columns.size()));
    row[0] = c.run;
    row[1] = c.baseline;
    row[2] = c.metric;
    row[3] = static_cast<std::int64_t>(c.videos);
    row[4] = static_cast<std::int64_t>(c.dimension);
    const std::optional<double> numbers[] = {
        c.value,
        c.baseline_value,
        c.extrapolated,
        c.baseline_extrapolated,
        c.difference(),
        c.interval ? std::optional(c.interval->low) : std::nullopt,
        c.interval ? std::optional(c.interval->high) : std::nullopt};
    for (std::size_t i = 0; i < std::size(numbers); ++i) {
      if (numbers[i]) row[5 + i] = *numbers[i];
    }
  }
  return table;
}

Table report_rows(const std::vector<SeriesReport>& reports) {
  Table table;
  table.columns = {"series",   "run",       "method",      "metric",
                   "videos",   "n",         "mean",        "standard_error",
                   "mean_low", "mean_high", "averaged_of", "mean_deviation"};
  add_columns(table.columns);
  for (const SeriesReport& report : reports) {
    for (const RunData& run : report.runs) {
      for (std::size_t metric = 0; metric < report.metrics.size(); ++metric) {
        table.rows.push_back(report_cells(report, run, metric));
      }
    }
  }
  return table;
}

}  // namespace cox::report
