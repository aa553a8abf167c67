#include "coordinator/report/print/report_rows.h"

#include "base/text.h"
#include "coordinator/report/data/replicates.h"
#include "coordinator/report/data/run_means.h"

namespace cox::report {

namespace {

Cell cell(const std::optional<double>& value) { return value ? Cell(*value) : Cell(); }
Cell cell(std::size_t count) { return static_cast<std::int64_t>(count); }

Cell low(const std::optional<Interval>& interval) {
  return interval ? Cell(interval->low) : Cell();
}
Cell high(const std::optional<Interval>& interval) {
  return interval ? Cell(interval->high) : Cell();
}
Cell joined(const std::vector<std::string>& marks) {
  if (marks.empty()) return {};
  return join(marks, ", ");
}

/// A column of a comparison, and what it holds.
struct Column {
  const char* name;
  Cell (*cell_of)(const Comparison& comparison);
};

using C = Comparison;
constexpr Column kColumns[] = {
    {"baseline", [](const C& c) -> Cell { return c.baseline; }},
    {"pairs", [](const C& c) { return cell(c.pairs); }},
    {"pair_videos", [](const C& c) { return cell(c.videos); }},
    {"baseline_mean", [](const C& c) { return cell(c.baseline_mean); }},
    {"paired_mean", [](const C& c) { return cell(c.run_mean); }},
    {"difference", [](const C& c) { return cell(c.difference.mean); }},
    {"low", [](const C& c) { return low(c.inference.interval); }},
    {"high", [](const C& c) { return high(c.inference.interval); }},
    {"family_low", [](const C& c) { return low(c.family_inference.interval); }},
    {"family_high", [](const C& c) { return high(c.family_inference.interval); }},
    {"p", [](const C& c) { return cell(c.inference.p); }},
    {"p_family", [](const C& c) { return cell(c.family_inference.p); }},
    {"family", [](const C& c) { return cell(c.family); }},
    {"margin", [](const C& c) { return cell(c.margin); }},
    {"p_equivalence", [](const C& c) { return cell(c.equivalence_p); }},
    {"p_equivalence_holm", [](const C& c) { return cell(c.equivalence_holm_p); }},
    {"p_wilcoxon", [](const C& c) { return cell(c.signed_rank.p); }},
    {"p_wilcoxon_holm", [](const C& c) { return cell(c.signed_rank_holm_p); }},
    {"p_sign", [](const C& c) { return cell(c.sign_p); }},
    {"wins", [](const C& c) { return cell(c.wins.wins); }},
    {"losses", [](const C& c) { return cell(c.wins.losses); }},
    {"ties", [](const C& c) { return cell(c.wins.ties); }},
    {"t_low", [](const C& c) { return low(c.difference.t_interval); }},
    {"t_high", [](const C& c) { return high(c.difference.t_interval); }},
    {"median", [](const C& c) { return cell(c.difference.median); }},
    {"deviation", [](const C& c) { return cell(c.difference.deviation); }},
    {"effect_g", [](const C& c) { return cell(c.effect); }},
    {"detectable", [](const C& c) { return cell(c.detectable); }},
    {"detectable_family", [](const C& c) { return cell(c.detectable_corrected); }},
    {"identical", [](const C& c) { return cell(std::size_t{c.identical}); }},
    {"unadapted", [](const C& c) { return cell(c.unadapted); }},
    {"adapted_difference", [](const C& c) { return cell(c.adapted_difference); }},
    {"control", [](const C& c) { return cell(std::size_t{c.is_control}); }},
    {"run_marks", [](const C& c) { return joined(c.run_marks); }},
    {"baseline_marks", [](const C& c) { return joined(c.baseline_marks); }},
    {"replicates", [](const C& c) { return cell(c.replicates.of_run); }},
    {"baseline_replicates", [](const C& c) { return cell(c.replicates.of_baseline); }},
    {"replicate_deviation", [](const C& c) { return cell(c.replicates.run_deviation); }},
    {"baseline_replicate_deviation",
     [](const C& c) { return cell(c.replicates.baseline_deviation); }},
    {"difference_replicate_deviation",
     [](const C& c) { return cell(c.replicates.difference_deviation); }},
};

void add_columns(std::vector<std::string>& names) {
  for (const Column& column : kColumns) names.emplace_back(column.name);
}

/// The cells of kColumns; NULL for what was not compared.
void add_cells(const Comparison* comparison, Row& row) {
  for (const Column& column : kColumns) {
    Cell& made = row.emplace_back();
    if (comparison != nullptr) made = column.cell_of(*comparison);
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
             cell(run.videos()),
             cell(summary.count),
             cell(summary.mean),
             cell(summary.standard_error),
             summary.t_interval ? Cell(summary.t_interval->low) : Cell(),
             summary.t_interval ? Cell(summary.t_interval->high) : Cell(),
             cell(replicates_of(run)),
             cell(replicate_deviation(run, report.metrics[metric].name))};
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
