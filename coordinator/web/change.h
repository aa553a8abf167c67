#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/status.h"

namespace cox::web {

/// What a person asks of the queue on the page: the jobs of a series, of a run in it, or one job.
struct Change {
  enum class Verb { kPause, kResume, kCancel, kRetry };
  Verb verb = Verb::kPause;
  std::string series;
  std::string run;  ///< "" = every run of the series
  std::string job;  ///< digest; then series and run are ""
};

struct Changed {
  std::uint64_t changed_jobs = 0;
  std::uint64_t untouched_jobs = 0;  ///< matched, in a state that the verb does not change
};

/// Makes a change. Called from one thread at a time.
using MakeChange = std::function<Result<Changed>(const Change&)>;

/// Reads the body of a request: `{"verb": "pause", "series": "demo", "run": "lora"}`. No target
/// never means every job: kInvalidArgument, as for an unknown verb or key.
Result<Change> change_of(const std::string& body);

}  // namespace cox::web
