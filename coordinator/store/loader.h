#pragma once

#include "base/status.h"
#include "coordinator/core/records.h"
#include "coordinator/store/sqlite.h"

namespace cox::store {

/// Reads everything that a restarted coordinator needs.
Result<core::Snapshot> load_snapshot(const Database& database);

}  // namespace cox::store
