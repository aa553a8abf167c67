#pragma once

#include <string>

#include "base/status.h"

namespace cox::worker {

/// Creates the folder when it is missing, writes and removes a small file in it, and checks that a
/// video has room. A worker that cannot write would fail each job only after computing it.
/// kUnavailable with the cause.
Status check_writable(const std::string& folder);

}  // namespace cox::worker
