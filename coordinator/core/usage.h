#pragma once

#include "coordinator/core/event.h"
#include "coordinator/core/step.h"

namespace cox::core {

// What series use of the workers' time: for turns among series of one priority, and for budgets.

/// What the series has had, running jobs counted with the mean of those measured so far.
DurationUs turn_of(const QueueState& state, SeriesNumber number);
/// A series that had nothing to do has open jobs again: it starts where the one that had least is,
/// so that it neither waits for the past of others nor makes them wait for its own.
void begin_turn(QueueState& state, SeriesNumber number);
/// How long the attempt ran, on the worker's clock, within what can be.
DurationUs attempt_time(const Reported& event);
/// Counts an attempt that ended with a report.
void charge(Step& step, SeriesNumber number, DurationUs time);

}  // namespace cox::core
