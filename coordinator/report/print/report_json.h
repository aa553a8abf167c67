#pragma once

#include <string>
#include <vector>

#include "coordinator/report/compare/series_report.h"
#include "coordinator/report/print/cell_json.h"

namespace cox::report {

/// One `cox-comparison/1` document: comparisons with unpaired videos and why, sentences, warnings.
OrderedJson comparison_document(const std::vector<Comparison>& comparisons,
                                const std::vector<std::string>& warnings);
/// The same as a file holds it.
std::string comparison_json(const std::vector<Comparison>& comparisons,
                            const std::vector<std::string>& warnings);

/// One report of a `cox-report/1` document.
OrderedJson report_document(const SeriesReport& report);

/// One `cox-report/1` document over all reports, as a file holds it.
std::string report_json(const std::vector<SeriesReport>& reports);

}  // namespace cox::report
