#pragma once

#include "base/status.h"
#include "coordinator/core/core.h"
#include "coordinator/core/effect.h"
#include "coordinator/core/event.h"
#include "coordinator/store/read_only.h"
#include "cox/v1/sweep.pb.h"
#include "cox/v1/worker.pb.h"

namespace cox::service {

// From the wire. Each refuses with kInvalidArgument what no correct client sends, naming the field.

/// Also refuses, with kFailedPrecondition, a worker of another version.
Result<core::WorkerJoined> event_of(const v1::RegisterRequest& request);
Result<core::LeaseAsked> event_of(const v1::LeaseRequest& request);
Result<core::HeartbeatSeen> event_of(const v1::HeartbeatRequest& request);
Result<core::Reported> event_of(const v1::JobReport& report);
Result<core::Selection> selection_of(const v1::SelectRequest& request);
Result<core::RetryAsked> event_of(const v1::RetryRequest& request);
Result<core::PriorityAsked> event_of(const v1::PriorityRequest& request);
Result<core::LabelAsked> event_of(const v1::LabelRequest& request);

// To the wire.

/// Fails with kDataLoss when a run's stored definition cannot be read.
Result<v1::Bundle> bundle_of(const core::LeaseGrant& grant);
v1::HeartbeatReply reply_of(const core::HeartbeatAnswer& answer);
v1::Verdict verdict_of(const core::ReportAnswer& answer);
v1::Verdict invalid_verdict(const Status& status);
v1::ChangeReply reply_of(const core::ChangeAnswer& answer);
void set_counts(const core::JobCounts& counts, v1::ProgressReply& reply);
v1::Cell cell_of(const store::Cell& cell);

}  // namespace cox::service
