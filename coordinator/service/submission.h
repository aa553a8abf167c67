#pragma once

#include "base/status.h"
#include "coordinator/core/event.h"
#include "coordinator/sweep/plan.h"
#include "cox/v1/sweep.pb.h"

namespace cox::service {

/// What `cox submit` and `cox run` send: every run and video of the plan.
v1::SubmitRequest submit_request_of(const sweep::SweepPlan& plan);

/// Checks a submission and gives every job its digest. Refuses with kInvalidArgument, naming the
/// run or video: missing or doubled names, digests that are none, a run whose digest is not that of
/// its fields (another version made it, or somebody edited it).
Result<core::Submitted> event_of(const v1::SubmitRequest& request);

}  // namespace cox::service
