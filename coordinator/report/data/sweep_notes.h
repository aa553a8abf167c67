#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/report/data/run_data.h"
#include "record/submission.h"

namespace cox::report {

/// Ends the name of a declared column that shows a metric's mean with its standard error: `psnr±`.
constexpr const char* kPlusMinus = "±";

/// The parts of a sweep file that are for its readers.
struct SweepNotes {
  std::string title;
  std::string question;  ///< the comment that opens the file: hypothesis and cost
  std::string baseline;  ///< a run of the series, or `series/run`; "" = none named
  std::vector<ResultTable> tables;
  std::set<std::string> controls = {};         ///< runs that are not answers to the question
  std::map<std::string, double> margins = {};  ///< by metric: smaller differences do not matter
};

/// The comment that opens a sweep file, lines joined, paragraphs separated by an empty line.
std::string opening_comment(const std::string& sweep_text);

/// The notes of the newest submission of the series. kNotFound when there is no such series.
Result<SweepNotes> stored_notes(const Query& query, const std::string& series);

}  // namespace cox::report
