#pragma once

#include <string>
#include <string_view>

#include "coordinator/report/compare/series_report.h"
#include "coordinator/report/print/text_table.h"

namespace cox::report {

/// `text` for LaTeX: characters that it reads as commands are escaped, so that no name in a
/// database is one. Negative numbers get a minus sign.
std::string latex_text(std::string_view text);

/// The table in booktabs style, columns of numbers to the right.
std::string latex(const TextTable& table, const std::string& caption);

/// The tables of a report: those that the sweep declares, without them the leaderboard, then the
/// paired differences in the primary metric. Begins with a comment that names the needed packages.
std::string report_latex(const SeriesReport& report);

}  // namespace cox::report
