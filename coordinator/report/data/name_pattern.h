#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/report/data/query.h"

namespace cox::report {

/// A series, a run of it or a job of that run; what is not named is "".
struct MatchedName {
  std::string series;
  std::string run;
  std::string job_digest;
};

/// Jobs that one pattern may name. Each is changed by a call of its own: more of them are better
/// named by their run.
constexpr std::size_t kMostMatchedJobs = 1'000;

/// Returns the current names that a shell pattern (*, ?, [a-z]) matches. `lora-*` matches series,
/// or when it matches none, runs of any series; `demo/lora-*` matches runs; `demo/lora-*/clip-1*`
/// matches jobs by their videos. A * matches no slash, except in the names of videos. Empty when
/// nothing matches; kInvalidArgument for more than kMostMatchedJobs jobs.
Result<std::vector<MatchedName>> names_matching(const Query& query, const std::string& pattern);

}  // namespace cox::report
