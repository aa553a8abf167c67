#pragma once

#include "base/clock.h"
#include "base/status.h"
#include "coordinator/core/records.h"

namespace cox::store {

/// kDataLoss when the rows of a damaged file do not fit together: numbers with gaps, references to
/// nothing, states that do not exist. The core takes what passes.
Status check_snapshot(const core::Snapshot& snapshot);

/// Blocked jobs wait no longer than any submission allows from `now` on: a wall clock that was
/// ahead when they were stored does not hold them back for years.
void bound_waits(core::Snapshot& snapshot, TimeUs now);

}  // namespace cox::store
