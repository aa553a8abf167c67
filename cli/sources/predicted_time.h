#pragma once

#include <optional>

#include "base/status.h"
#include "coordinator/report/compare/series_report.h"
#include "coordinator/report/data/query.h"
#include "coordinator/sweep/plan.h"

namespace cox::cli {

/// The cost model's time for the sweep next to the measured one. Nothing unless the runs of
/// the database are the sweep's own, every job is done, and the model knows their device.
Result<std::optional<report::PredictedTime>> predicted_time(const report::Query& query,
                                                            const sweep::SweepPlan& plan);

}  // namespace cox::cli
