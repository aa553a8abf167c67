#pragma once

#include <string>

#include "coordinator/report/compare/series_report.h"
#include "coordinator/report/print/text_table.h"

namespace cox::report {

/// Published numbers next to the measured means, run by run. They take part in nothing
/// else.
TextTable published_table(const SeriesReport& report);

/// Predicted and actual time in one sentence; "" without a prediction.
std::string predicted_sentence(const SeriesReport& report);

}  // namespace cox::report
