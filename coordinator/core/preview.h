#pragma once

#include "coordinator/core/queue_state.h"

namespace cox::core {

/// Returns what on_submitted would answer to a valid submission; changes nothing.
SubmissionAnswer preview(QueueState& state, const Submitted& event);

}  // namespace cox::core
