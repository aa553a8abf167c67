#pragma once

#include "base/clock.h"
#include "base/status.h"
#include "coordinator/core/records.h"

namespace cox::store {

/// kDataLoss when the rows of a damaged file do not fit together: numbers with gaps, references to
/// rows that do not exist, invalid states. Core::restore can take every snapshot that passes.
Status check_snapshot(const core::Snapshot& snapshot);

/// Limits the remaining wait of blocked jobs to the longest backoff of any submission: without it,
/// times stored while the wall clock was years ahead would block jobs for years.
void bound_waits(core::Snapshot& snapshot, TimeUs now);

}  // namespace cox::store
