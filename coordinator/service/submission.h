#pragma once

#include "base/status.h"
#include "coordinator/core/event.h"
#include "coordinator/sweep/plan.h"
#include "cox/v1/sweep.pb.h"

namespace cox::service {

/// The request that `cox submit` and `cox run` send: every run and video of the plan.
v1::SubmitRequest submit_request_of(const sweep::SweepPlan& plan);

/// Checks a submission and gives every job its digest. kInvalidArgument, naming the run or video,
/// for missing or duplicate names, invalid digests, and a run whose digest is not that of its
/// fields (another version made it, or somebody edited it).
Result<core::Submitted> event_of(const v1::SubmitRequest& request);

}  // namespace cox::service
