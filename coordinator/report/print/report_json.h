#pragma once

#include <string>
#include <vector>

#include "coordinator/report/compare/series_report.h"

namespace cox::report {

/// One `cox-comparison/1` document: comparisons with unpaired videos and why, sentences, warnings.
std::string comparison_json(const std::vector<Comparison>& comparisons,
                            const std::vector<std::string>& warnings);

/// One `cox-report/1` document over all reports.
std::string report_json(const std::vector<SeriesReport>& reports);

}  // namespace cox::report
