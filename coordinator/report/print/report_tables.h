#pragma once

#include <string>
#include <vector>

#include "coordinator/report/compare/series_report.h"
#include "coordinator/report/print/text_table.h"

namespace cox::report {

/// The runs from best to worst by the primary metric, with what they vary, coverage and means.
TextTable leaderboard(const SeriesReport& report);

/// The comparisons of one metric, runs of `series` without its name and with their marks; `full`
/// adds the tests and sizes that only the primary metric needs.
TextTable difference_table(const std::vector<Comparison>& comparisons, const std::string& series,
                           bool full);

/// Comparisons that found nothing, with the difference that each had the power to detect.
TextTable undetected_table(const std::vector<Comparison>& comparisons, const std::string& series);

/// The primary metric's differences by category of the videos.
TextTable category_table(const SeriesReport& report);

/// Values of metrics over sets of videos.
TextTable set_table(const SeriesReport& report);

/// Rows are the levels of the ladder's factor, below the baseline when all are compared with one
/// run of the series.
TextTable ladder_table(const SeriesReport& report, const Ladder& ladder);

/// The primary metric's means over the levels of two factors; "-" where no run has a combination.
TextTable grid_table(const SeriesReport& report, const Factor& rows, const Factor& columns);

/// The declared table as the page shows it, with the coverage of each row.
TextTable declared_text_table(const SeriesReport& report, const ResultTable& table);

/// Mean wall seconds of each stage of a video.
TextTable timing_table(const SeriesReport& report);

/// Where the numbers come from: data, model, seeds, and each environment with its share of results.
TextTable provenance_table(const SeriesReport& report);

}  // namespace cox::report
