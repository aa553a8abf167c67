#pragma once

#include "coordinator/core/step.h"

namespace cox::core {

/// Removes a job from the lease that holds it, and the lease when it holds no other job.
void release(Step& step, JobNumber number);
/// Notes that a worker was heard from now.
void see_worker(Step& step, Worker& worker);
void set_deadline(QueueState& state, Lease& lease, TimeUs deadline);
void add_lease(QueueState& state, Lease lease);
void add_worker(QueueState& state, Worker worker);

}  // namespace cox::core
