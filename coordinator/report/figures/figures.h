#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/report/compare/comparison.h"
#include "coordinator/report/compare/series_report.h"
#include "coordinator/report/data/item_results.h"

namespace cox::report {

// Figures as SVG documents, for papers, pages and exported reports. Each draws what the library
// computed and computes nothing but positions. The same database gives the same bytes.
// kFailedPrecondition when there is nothing to draw; the message names what is missing.

/// The difference of each run from its baseline in the primary metric, with the 95 % interval of
/// each by itself (thick) and corrected for the family (thin).
Result<std::string> differences_figure(const SeriesReport& report);

/// The difference of each item, sorted.
Result<std::string> items_figure(const Comparison& comparison);

/// Each run's values of the primary metric over the items, with the mean and its 95 % t interval.
Result<std::string> distribution_figure(const SeriesReport& report);

/// Mean seconds of adaptation against the primary metric; a line joins the runs that no other run
/// beats in both.
Result<std::string> cost_figure(const SeriesReport& report);

/// Mean adaptation seconds of an item: training and early-stop checks; absent without results.
std::optional<double> adaptation_seconds(const RunData& run);

/// The runs that are better than every run that takes no longer, by their time to adapt.
std::vector<const RunData*> cost_front(const SeriesReport& report);

/// The runs of one combination of two factors' levels.
struct GridCell {
  std::string row;
  std::string column;
  double mean = 0;  ///< of their means in the primary metric
  std::vector<std::string> runs;
};

/// A cell for each combination that a treated run with a finite mean has.
std::vector<GridCell> grid_cells(const SeriesReport& report, const std::string& rows,
                                 const std::string& columns);

/// The primary metric over the levels of two factors; when neither is named, those of which most
/// combinations were run. A cell that several runs share has the mean of their means and shows how
/// many they are.
Result<std::string> heat_figure(const SeriesReport& report, const std::string& rows,
                                const std::string& columns);

/// Each run as a line over the factors that the series varies, and the primary metric.
Result<std::string> parallel_figure(const SeriesReport& report);

/// Numbers by step or frame; absent where there is none.
struct Curve {
  std::string label;
  std::vector<std::optional<double>> values;
};

/// Curves whose first value is at `first` on the horizontal axis.
Result<std::string> curves_figure(const std::string& title, const std::string& x_title,
                                  const std::string& y_title, const std::vector<Curve>& curves,
                                  int first);

/// A metric of each frame of an item.
Result<std::string> frames_figure(const std::vector<ItemResult>& results, const Metric& metric);
/// Training loss of each step of an item, and the held-out loss of each early-stop check.
Result<std::string> loss_figure(const std::vector<ItemResult>& results);
Result<std::string> early_stop_figure(const std::vector<ItemResult>& results);

}  // namespace cox::report
