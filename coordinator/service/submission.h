#pragma once

#include "coordinator/spec/plan.h"
#include "cox/v1/sweep.pb.h"

namespace cox::service {

/// What `cox submit` and `cox run` send: every run and video of the plan.
v1::SubmitRequest submit_request_of(const spec::SweepPlan& plan);

}  // namespace cox::service
