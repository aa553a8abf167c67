#pragma once

#include <string>

#include "base/status.h"

namespace cox::worker {

/// Makes the folder when it is missing, writes and removes a small file in it, and asks for the
/// room of a video. A worker that cannot write would fail each job only after hours of computing.
/// kUnavailable with the cause.
Status check_writable(const std::string& folder);

}  // namespace cox::worker
