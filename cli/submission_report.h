#pragma once

#include <string>

#include "coordinator/store/table.h"
#include "coordinator/sweep/plan.h"
#include "cox/v1/sweep.pb.h"

namespace cox::cli {

/// Returns one row for each run of the plan: new, or known with the name of its owner and how many
/// of its jobs are done.
store::Table submission_rows(const sweep::SweepPlan& plan, const v1::SubmitReply& reply);

/// "series demo: 3 new runs and 27 new jobs; 0 runs and 0 jobs exist already"
std::string submission_summary(const std::string& series, const v1::SubmitReply& reply);

/// "'adasteer' is the run demo/adasteer: 8 of 9 jobs done"
std::string known_run_text(const v1::KnownRun& known);

}  // namespace cox::cli
