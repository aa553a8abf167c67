#include "coordinator/report/print/report_rows.h"

#include "coordinator/report/data/replicates.h"
#include "coordinator/report/data/run_means.h"

namespace cox::report {

namespace {

Cell cell(const std::optional<double>& value) { return value ? Cell(*value) : Cell(); }
Cell cell(std::size_t count) { return static_cast<std::int64_t>(count); }

const std::vector<std::string>& comparison_columns() {
  static const std::vector<std::string> kColumns = {"baseline",
                                                    "pairs",
                                                    "pair_videos",
                                                    "baseline_mean",
                                                    "paired_mean",
                                                    "difference",
                                                    "low",
                                                    "high",
                                                    "family_low",
                                                    "family_high",
                                                    "p",
                                                    "p_family",
                                                    "family",
                                                    "p_wilcoxon",
                                                    "p_wilcoxon_holm",
                                                    "p_sign",
                                                    "wins",
                                                    "losses",
                                                    "ties",
                                                    "t_low",
                                                    "t_high",
                                                    "median",
                                                    "deviation",
                                                    "effect_g",
                                                    "detectable",
                                                    "identical",
                                                    "replicates",
                                                    "baseline_replicates",
                                                    "replicate_deviation",
                                                    "baseline_replicate_deviation",
                                                    "difference_replicate_deviation"};
  return kColumns;
}

/// In the order of comparison_columns().
Row comparison_cells(const Comparison& c) {
  const auto low = [](const std::optional<Interval>& i) { return i ? Cell(i->low) : Cell(); };
  const auto high = [](const std::optional<Interval>& i) { return i ? Cell(i->high) : Cell(); };
  return {c.baseline,
          cell(c.pairs),
          cell(c.videos),
          cell(c.baseline_mean),
          cell(c.run_mean),
          cell(c.difference.mean),
          low(c.inference.interval),
          high(c.inference.interval),
          low(c.family_inference.interval),
          high(c.family_inference.interval),
          cell(c.inference.p),
          cell(c.family_inference.p),
          cell(c.family),
          cell(c.signed_rank.p),
          cell(c.signed_rank_holm_p),
          cell(c.sign_p),
          cell(c.wins.wins),
          cell(c.wins.losses),
          cell(c.wins.ties),
          low(c.difference.t_interval),
          high(c.difference.t_interval),
          cell(c.difference.median),
          cell(c.difference.deviation),
          cell(c.effect),
          cell(c.detectable),
          cell(c.identical ? std::size_t{1} : std::size_t{0}),
          cell(c.replicates.of_run),
          cell(c.replicates.of_baseline),
          cell(c.replicates.run_deviation),
          cell(c.replicates.baseline_deviation),
          cell(c.replicates.difference_deviation)};
}

void append(Row& row, Row more) {
  for (Cell& each : more) row.push_back(std::move(each));
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
  const Comparison* comparison = find(report, metric, run);
  append(row,
         comparison != nullptr ? comparison_cells(*comparison) : Row(comparison_columns().size()));
  return row;
}

}  // namespace

Table comparison_rows(const std::vector<Comparison>& comparisons) {
  Table table;
  table.columns = {"run", "metric"};
  table.columns.insert(table.columns.end(), comparison_columns().begin(),
                       comparison_columns().end());
  for (const Comparison& comparison : comparisons) {
    Row& row = table.rows.emplace_back(Row{comparison.run, comparison.metric.name});
    append(row, comparison_cells(comparison));
  }
  return table;
}

Table report_rows(const std::vector<SeriesReport>& reports) {
  Table table;
  table.columns = {"series",   "run",       "method",      "metric",
                   "videos",   "n",         "mean",        "standard_error",
                   "mean_low", "mean_high", "averaged_of", "mean_deviation"};
  table.columns.insert(table.columns.end(), comparison_columns().begin(),
                       comparison_columns().end());
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
