#pragma once

#include <string>

#include "base/status.h"
#include "coordinator/report/data/query.h"

namespace cox::report {

/// One sentence about what a finished job did not compute itself, with the digests as evidence: a
/// trajectory that others read too, and a generation that it repeats. "" when it shared nothing.
Result<std::string> reuse_sentence(const Query& query, const std::string& job_digest);

}  // namespace cox::report
