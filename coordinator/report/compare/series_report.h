#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "coordinator/report/compare/categories.h"
#include "coordinator/report/compare/comparison.h"
#include "coordinator/report/compare/factors.h"
#include "coordinator/report/compare/set_comparison.h"
#include "coordinator/report/data/declared_columns.h"
#include "coordinator/report/data/published.h"
#include "coordinator/report/data/run_data.h"
#include "coordinator/report/data/sweep_notes.h"

namespace cox::report {

/// The predicted and the measured time of the finished jobs of a series.
struct PredictedTime {
  std::string device;
  std::int64_t jobs = 0;
  double shared_s = 0;  ///< predicted: equal work once
  double alone_s = 0;   ///< predicted: every job by itself
  double actual_spent_s = 0;
  double actual_alone_s = 0;
};

/// The results of a series, with everything that qualifies them.
struct SeriesReport {
  std::string series;
  SweepNotes notes;
  std::vector<Metric> metrics;  ///< measured ones, the first is what the comparisons are about
  std::vector<RunData> runs;    ///< in the order of the sweep
  std::vector<std::size_t>
      treated;  ///< places in `runs` of those that are neither baselines nor controls
  std::vector<Factor> factors;  ///< what the treated runs vary

  std::string baseline;           ///< full name, "" when there is none
  bool baseline_assumed = false;  ///< nobody named it: the first run of method `none`
  std::vector<std::vector<Comparison>> comparisons;  ///< by metric, in the order of the runs
  std::vector<CategoryDifference> categories;        ///< of the primary metric, when requested
  std::vector<SetComparison> set_comparisons;        ///< of metrics over sets of videos
  DeclaredColumns declared_columns;  ///< of the sweep's tables, beyond metrics, stages, parameters
  std::vector<Published> published;  ///< elsewhere, of these runs
  std::optional<PredictedTime> predicted;  ///< when the sweep's file is available
  std::vector<std::string> not_compared;   ///< "s/a: gen_start_frame is ..."
  std::vector<std::string> warnings;

  const Metric& primary() const { return metrics.front(); }
  bool is_control(const RunData& run) const;
  std::vector<const RunData*> treated_runs() const;  ///< they point into `runs`
};

struct ReportOptions {
  std::string baseline;       ///< over the sweep's own
  std::string metric;         ///< "" = psnr, or the first that was measured
  std::string category = "";  ///< a pattern for by_category; "" = no such table
  bool primary_only = false;  ///< compare in the primary metric only
  bool set_intervals = true;  ///< of differences of set metrics: they take seconds
};

/// kNotFound when the series, its baseline or the metric does not exist; kFailedPrecondition when
/// nothing was measured yet.
Result<SeriesReport> report_on(const Query& query, const std::string& series,
                               const SweepNotes& notes, const ReportOptions& options = {});

/// Does what needs all reports of one command: adds a warning where data sets or methods of
/// different series gave equal numbers or only some runs have a mark, and corrects the comparisons
/// of series that share runs as one family.
void relate_series(std::vector<SeriesReport>& reports);

}  // namespace cox::report
