#pragma once

#include "coordinator/core/step.h"

namespace cox::core {

// The time limit of an attempt: the sweep's, else ten times the slowest of its run on such
// a device, once three are known, and ten minutes at least.

/// Notes how long a job with a result took.
void measure_time(QueueState& state, const Job& job, const std::string& device_name,
                  DurationUs time);
/// The lease's job in flight began now: its time starts.
void watch_time(QueueState& state, Lease& lease, TimeUs now);
/// The lease ends, or its job in flight has.
void forget_time(QueueState& state, Lease& lease);
/// The coordinator could hear nobody for `duration`.
void postpone_time(QueueState& state, Lease& lease, DurationUs duration);
/// Why the job in flight has run too long, for people.
std::string overdue_text(QueueState& state, const Lease& lease);
/// The job that a worker most likely has in flight: the one it last named, else the first of the
/// bundle.
JobNumber job_in_flight(const Lease& lease);

}  // namespace cox::core
