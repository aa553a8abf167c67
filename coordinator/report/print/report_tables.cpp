#include "coordinator/report/print/report_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "base/text.h"
#include "coordinator/report/data/marks.h"
#include "coordinator/report/data/replicates.h"
#include "coordinator/report/data/row_reader.h"
#include "coordinator/report/data/run_means.h"
#include "coordinator/report/data/words.h"
#include "coordinator/report/print/declared_table.h"
#include "coordinator/report/print/wording.h"

namespace cox::report {

namespace {

constexpr const char* kSpread = "between replicates";
constexpr const char* kDifferenceSpread = "their differences";
constexpr std::ptrdiff_t kAfterInterval = 6;  ///< place of the replicates in a difference table

std::string coverage_text(const RunData& run) {
  return fmt::format("{} of {}", run.results.size(), run.videos());
}

/// A run's name without the series that the page is about.
std::string within(const std::string& series, const std::string& full_name) {
  const std::string own = series + "/";
  return !series.empty() && starts_with(full_name, own) ? full_name.substr(own.size()) : full_name;
}

const Comparison* comparison_of(const SeriesReport& report, const RunData& run) {
  if (report.comparisons.empty()) return nullptr;
  for (const Comparison& comparison : report.comparisons.front()) {
    if (comparison.run == run.full_name()) return &comparison;
  }
  return nullptr;
}

/// "1.25 [0.90, 1.60]", "-" when not compared.
std::string difference_cell(const SeriesReport& report, const RunData& run) {
  const Comparison* comparison = comparison_of(report, run);
  if (comparison == nullptr || !comparison->difference.mean) return "-";
  const int decimals = decimals_of(*comparison);
  const auto& interval = comparison->inference.interval;
  return fmt::format("{}{}", decimal(*comparison->difference.mean, decimals),
                     interval ? " " + interval_text(interval, decimals) : "");
}

/// The one run of the report that all runs of the ladder are compared with, or nullptr.
const RunData* common_baseline(const SeriesReport& report, const Ladder& ladder) {
  std::set<std::string> names;
  for (const RunData* run : ladder.runs) {
    const Comparison* comparison = comparison_of(report, *run);
    if (comparison != nullptr) names.insert(comparison->baseline);
  }
  if (names.size() != 1) return nullptr;
  for (const RunData& run : report.runs) {
    const bool shown = std::find(ladder.runs.begin(), ladder.runs.end(), &run) != ladder.runs.end();
    if (run.full_name() == *names.begin() && !shown) return &run;
  }
  return nullptr;
}

/// "control, flipped target": what a reader must know of a run besides its numbers.
std::string marks_text(const SeriesReport& report, const RunData& run) {
  std::vector<std::string> marks = marks_of(run);
  if (report.is_control(run)) marks.insert(marks.begin(), "control");
  return marks.empty() ? "-" : join(marks, ", ");
}

std::string marked_run(const Comparison& comparison, const std::string& series) {
  return with_marks(within(series, comparison.run), comparison.run_marks);
}
std::string marked_baseline(const Comparison& comparison, const std::string& series) {
  return with_marks(within(series, comparison.baseline), comparison.baseline_marks);
}

std::string pairs_text(const Comparison& comparison) {
  return fmt::format("{} of {}", comparison.pairs, comparison.videos);
}

std::optional<double> mean_steps(const RunData& run) {
  std::vector<double> steps;
  for (const VideoResult& result : run.results) {
    steps.push_back(result.steps_run);
  }
  return mean_of(std::move(steps));
}

bool has_replicates(const std::vector<RunData>& runs) {
  return std::any_of(runs.begin(), runs.end(),
                     [](const RunData& run) { return replicates_of(run) > 1; });
}

/// A deviation between replicates, with one decimal more: it is smaller than the means.
std::string deviation_text(const std::optional<double>& deviation, int decimals) {
  return decimal(deviation, decimals + 1);
}

/// "host, a processor, CPU threads 4, fused kernels, fp32, engine 0.1.0, LibTorch 2.11.0"
std::string environment_text(const Environment& environment) {
  const std::pair<const char*, const char*> formats[] = {
      {"machine", "{}"},   {"device_name", "{}"},         {"driver", "driver {}"},
      {"gpus", "GPUs {}"}, {"threads", "CPU threads {}"}, {"kernels", "{} kernels"},
      {"dtype", "{}"},     {"engine_build", "engine {}"}, {"torch_version", "LibTorch {}"}};
  std::vector<std::string> parts;
  for (const auto& [column, format] : formats) {
    const std::string text = in_environment(environment, column);
    const bool none = text.empty() || text == "0";  // no GPUs
    if (!none) parts.push_back(fmt::format(fmt::runtime(format), text));
  }
  return join(parts, ", ");
}

/// By the primary metric's mean; runs without one come last.
std::vector<const RunData*> best_first(const SeriesReport& report) {
  const double sign = report.primary().higher_is_better ? -1 : 1;
  std::vector<std::pair<double, const RunData*>> keyed;
  for (const RunData& run : report.runs) {
    const auto mean = metric_summary(run, report.primary().name).mean;
    keyed.emplace_back(mean ? sign * *mean : std::numeric_limits<double>::infinity(), &run);
  }
  std::stable_sort(keyed.begin(), keyed.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<const RunData*> order;
  for (const auto& [key, run] : keyed) order.push_back(run);
  return order;
}

}  // namespace

TextTable leaderboard(const SeriesReport& report) {
  TextTable table{{"run", kMarks}, {}};
  for (const Factor& factor : report.factors) table.columns.push_back(factor.name);
  const bool replicated = has_replicates(report.runs);
  if (replicated) table.columns.emplace_back("replicates");
  table.columns.insert(table.columns.end(), {plural(item_word(report.runs)),
                                             metric_title(report.primary()), "95 % t interval"});
  if (replicated) table.columns.emplace_back(kSpread);
  for (std::size_t m = 1; m < report.metrics.size(); ++m) {
    table.columns.push_back(metric_title(report.metrics[m]));
  }
  for (const RunData* run : best_first(report)) {
    auto& row =
        table.rows.emplace_back(std::vector<std::string>{run->name, marks_text(report, *run)});
    for (const Factor& factor : report.factors) row.push_back(level_of(*run, factor.name));
    if (replicated) row.push_back(std::to_string(replicates_of(*run)));
    row.push_back(coverage_text(*run));
    const Summary summary = metric_summary(*run, report.primary().name);
    row.push_back(mean_text(summary, report.primary()));
    row.push_back(interval_text(summary.t_interval, report.primary().decimals));
    if (replicated) {
      row.push_back(deviation_text(replicate_deviation(*run, report.primary().name),
                                   report.primary().decimals));
    }
    for (std::size_t m = 1; m < report.metrics.size(); ++m) {
      row.push_back(mean_text(metric_summary(*run, report.metrics[m].name), report.metrics[m]));
    }
  }
  return table.without_empty_column(kMarks);
}

TextTable undetected_table(const std::vector<Comparison>& comparisons, const std::string& series) {
  TextTable table{{"run", "against", plural(item_word(comparisons)), "difference", "95 % interval",
                   "p (family)", "detectable (80 % power)", "equivalent within", "p (equivalence)"},
                  {}};
  for (const Comparison& c : comparisons) {
    const int decimals = decimals_of(c);
    table.rows.push_back(
        {marked_run(c, series), marked_baseline(c, series), pairs_text(c),
         decimal(c.difference.mean, decimals), interval_text(c.inference.interval, decimals),
         p_text(c.family_inference.p), decimal(c.detectable_corrected, decimals),
         c.margin ? fmt::format("{:g}", *c.margin) : "-", p_text(c.equivalence_holm_p)});
  }
  return table.without_empty_columns();
}

TextTable difference_table(const std::vector<Comparison>& comparisons, const std::string& series,
                           bool full) {
  TextTable table{{"run", "against", plural(item_word(comparisons)), "difference", "95 % interval",
                   "family interval", "p (family)", "wins", "ties"},
                  {}};
  const bool replicated =
      std::any_of(comparisons.begin(), comparisons.end(),
                  [](const Comparison& comparison) { return comparison.replicates.any(); });
  if (replicated) {
    table.columns.insert(table.columns.begin() + kAfterInterval,
                         {"replicates", kSpread, kDifferenceSpread});
  }
  if (full) {
    table.columns.insert(table.columns.end(),
                         {"p alone", "p ranks (Holm)", "p ranks alone", "p sign test", "t interval",
                          "median", "effect g", "detectable (alone)"});
  }
  for (const Comparison& c : comparisons) {
    const int decimals = decimals_of(c);
    auto& row = table.rows.emplace_back(std::vector<std::string>{
        marked_run(c, series), marked_baseline(c, series), pairs_text(c),
        decimal(c.difference.mean, decimals), interval_text(c.inference.interval, decimals),
        interval_text(c.family_inference.interval, decimals), p_text(c.family_inference.p),
        percent_text(c.wins.rate()), std::to_string(c.wins.ties)});
    if (replicated) {
      const ReplicateSpread& r = c.replicates;
      row.insert(row.begin() + kAfterInterval,
                 {fmt::format("{} : {}", r.of_run, r.of_baseline),
                  fmt::format("{} : {}", deviation_text(r.run_deviation, decimals),
                              deviation_text(r.baseline_deviation, decimals)),
                  deviation_text(r.difference_deviation, decimals)});
    }
    if (!full) continue;
    row.insert(row.end(),
               {p_text(c.inference.p), p_text(c.signed_rank_holm_p), p_text(c.signed_rank.p),
                p_text(c.sign_p), interval_text(c.difference.t_interval, decimals),
                decimal(c.difference.median, decimals), decimal(c.effect, 2),
                decimal(c.detectable, decimals)});
  }
  return table;
}

TextTable category_table(const SeriesReport& report) {
  TextTable table{{"run", "against", "category", plural(item_word(report.runs)), "difference",
                   "95 % interval", "p"},
                  {}};
  for (const CategoryDifference& c : report.categories) {
    const int decimals = report.primary().decimals;
    table.rows.push_back({within(report.series, c.run), within(report.series, c.baseline),
                          c.category, std::to_string(c.difference.count),
                          decimal(c.difference.mean, decimals),
                          interval_text(c.inference.interval, decimals), p_text(c.inference.p)});
  }
  return table.without_empty_columns();
}

TextTable set_table(const SeriesReport& report) {
  TextTable table{{"metric", "run", "videos", "dimension", "value", "extrapolated", "against",
                   "its value", "its extrapolated", "difference", "95 % interval"},
                  {}};
  for (const SetComparison& c : report.set_comparisons) {
    const auto metric = metric_named(c.metric);
    const int decimals = metric.is_ok() ? metric->decimals : Metric{}.decimals;
    table.rows.push_back(
        {metric.is_ok() ? metric_title(*metric) : c.metric, within(report.series, c.run),
         std::to_string(c.videos), std::to_string(c.dimension), decimal(c.value, decimals),
         decimal(c.extrapolated, decimals),
         c.baseline.empty() ? "-" : within(report.series, c.baseline),
         decimal(c.baseline_value, decimals), decimal(c.baseline_extrapolated, decimals),
         decimal(c.difference(), decimals), interval_text(c.interval, decimals)});
  }
  return table.without_empty_columns();
}

TextTable ladder_table(const SeriesReport& report, const Ladder& ladder) {
  TextTable table{{ladder.factor, "run", plural(item_word(report.runs))}, {}};
  for (const Metric& metric : report.metrics) table.columns.push_back(metric_title(metric));
  table.columns.push_back(fmt::format("difference in {}", report.primary().name));
  table.columns.emplace_back("p (family)");
  for (const char* stage : {"train_s", "early_stop_s", "generate_s"}) {
    table.columns.emplace_back(stage);
  }
  std::vector<const RunData*> runs = ladder.runs;
  const RunData* baseline = common_baseline(report, ladder);
  if (baseline != nullptr) runs.insert(runs.begin(), baseline);
  for (const RunData* run : runs) {
    auto& row = table.rows.emplace_back(
        std::vector<std::string>{level_of(*run, ladder.factor), run->name, coverage_text(*run)});
    for (const Metric& metric : report.metrics) {
      row.push_back(mean_text(metric_summary(*run, metric.name), metric));
    }
    row.push_back(difference_cell(report, *run));
    const Comparison* comparison = comparison_of(report, *run);
    row.push_back(comparison == nullptr ? "-" : p_text(comparison->family_inference.p));
    for (const char* stage : {"train_s", "early_stop_s", "generate_s"}) {
      row.push_back(readable_seconds(stage_mean(*run, stage)));
    }
  }
  return table.without_empty_columns();
}

TextTable grid_table(const SeriesReport& report, const Factor& rows, const Factor& columns) {
  TextTable table{{fmt::format("{} \\ {}", rows.name, columns.name)}, {}};
  table.columns.insert(table.columns.end(), columns.levels.begin(), columns.levels.end());
  for (const std::string& row_level : rows.levels) {
    auto& row = table.rows.emplace_back(std::vector<std::string>{row_level});
    for (const std::string& column_level : columns.levels) {
      std::vector<std::string> cells;
      for (const RunData* run : report.treated_runs()) {
        if (level_of(*run, rows.name) != row_level) continue;
        if (level_of(*run, columns.name) != column_level) continue;
        cells.push_back(mean_text(metric_summary(*run, report.primary().name), report.primary()));
      }
      row.push_back(cells.empty() ? "-" : join(cells, "; "));
    }
  }
  return table;
}

TextTable declared_text_table(const SeriesReport& report, const ResultTable& declared) {
  const Table values =
      declared_table(report.runs, report.metrics, report.declared_columns, declared);
  TextTable table{{"run", plural(item_word(report.runs))}, {}};
  table.columns.insert(table.columns.end(), declared.columns.begin(), declared.columns.end());
  for (std::size_t i = 0; i < values.rows.size(); ++i) {
    const RowReader cells(values, i);
    auto& row = table.rows.emplace_back(std::vector<std::string>{
        cells.text("run"),
        fmt::format("{} of {}", cells.integer("done"), cells.integer("videos"))});
    for (std::size_t c = 3; c < values.columns.size(); ++c) {
      row.push_back(readable_cell(values.columns[c], values.rows[i][c]));
    }
  }
  return table;
}

TextTable timing_table(const SeriesReport& report) {
  TextTable table{{"run", plural(item_word(report.runs))}, {}};
  for (const std::string_view stage : kStages) {
    table.columns.emplace_back(stage.substr(0, stage.size() - 2));  // without its _s
  }
  table.columns.emplace_back("steps run");
  for (const RunData& run : report.runs) {
    auto& row = table.rows.emplace_back(
        std::vector<std::string>{run.name, std::to_string(run.results.size())});
    for (const std::string_view stage : kStages)
      row.push_back(readable_seconds(stage_mean(run, stage)));
    row.push_back(decimal(mean_steps(run), 1));
  }
  return table;
}

TextTable provenance_table(const SeriesReport& report) {
  std::map<const Environment*, std::size_t> results_in;
  std::set<std::string> datasets;
  std::set<std::string> models;
  std::set<std::string> seeds;
  std::int64_t first_us = std::numeric_limits<std::int64_t>::max();
  std::int64_t last_us = 0;
  std::vector<RunData> replicates;
  for (const RunData& run : single_runs(report.runs, replicates)) {
    datasets.insert(fmt::format("{}, {}, digest {}", run.dataset, counted(run.videos(), run.item),
                                short_digest(run.dataset_digest)));
    models.insert(fmt::format("{}, digest {}", run.backbone, short_digest(run.model_digest)));
    seeds.insert(
        fmt::format("{} (replicate {})", level_of(run, "seed"), level_of(run, "replicate")));
    for (const VideoResult& result : run.results) {
      ++results_in[result.environment.get()];
      first_us = std::min(first_us, result.time_us);
      last_us = std::max(last_us, result.time_us);
    }
  }
  std::map<Environment, std::size_t> environments;
  for (const auto& [environment, results] : results_in) {
    environments[environment == nullptr ? Environment{} : *environment] += results;
  }
  TextTable table{{"what", "value"}, {}};
  for (const std::string& dataset : datasets) table.rows.push_back({"data set", dataset});
  for (const std::string& model : models) table.rows.push_back({"model", model});
  table.rows.push_back({"seed", join({seeds.begin(), seeds.end()}, ", ")});
  for (const auto& [environment, results] : environments) {
    table.rows.push_back(
        {fmt::format("environment of {} results", results), environment_text(environment)});
  }
  table.rows.push_back({"results from", format_time_utc(first_us)});
  table.rows.push_back({"to", format_time_utc(last_us)});
  return table;
}

}  // namespace cox::report
