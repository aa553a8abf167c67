#pragma once

#include <string>
#include <vector>

#include "coordinator/report/compare/series_report.h"
#include "coordinator/store/read_only.h"

namespace cox::report {

/// One row for each comparison, every figure with all its digits; NULL where there is none.
/// docs/statistics.md explains each column.
Table comparison_rows(const std::vector<Comparison>& comparisons);

/// One row for each comparison of a metric over sets of videos, likewise.
Table set_rows(const std::vector<SetComparison>& comparisons);

/// One row for each run and metric of the reports: coverage, mean with its t interval, and the
/// comparison with its baseline; columns of NULL for what was not compared.
Table report_rows(const std::vector<SeriesReport>& reports);

}  // namespace cox::report
