#pragma once

#include "coordinator/core/step.h"

namespace cox::core {

// One reducer for each event.

void on_submitted(Step& step, Submitted event);
void on_worker_joined(Step& step, WorkerJoined event);
void on_lease_asked(Step& step, const LeaseAsked& event);
void on_heartbeat(Step& step, const HeartbeatSeen& event);
void on_reported(Step& step, Reported event);
void on_worker_left(Step& step, const WorkerLeft& event);
void on_tick(Step& step);
void on_stalled(Step& step, const Stalled& event);
void on_cancel(Step& step, const CancelAsked& event);
void on_retry(Step& step, const RetryAsked& event);
void on_pause(Step& step, const PauseAsked& event);
void on_resume(Step& step, const ResumeAsked& event);
void on_priority(Step& step, const PriorityAsked& event);
void on_label(Step& step, const LabelAsked& event);

}  // namespace cox::core
