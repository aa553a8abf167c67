#pragma once

#include <string>
#include <vector>

#include "coordinator/report/compare/series_report.h"

namespace cox::report {

/// The report as a Markdown page: what was asked, what came out in sentences, leaderboard, paired
/// differences, what varied, time, coverage and warnings, provenance. The same database gives the
/// same bytes.
std::string report_markdown(const SeriesReport& report);

/// Sentences, table and warnings of comparisons that a person named.
std::string comparison_markdown(const std::vector<Comparison>& comparisons,
                                const std::vector<std::string>& warnings);

/// How the sentences are to be read, in one.
std::string reading_help(const std::vector<Comparison>& comparisons);

}  // namespace cox::report
