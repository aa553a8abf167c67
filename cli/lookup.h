#pragma once

#include <string>

#include "base/status.h"
#include "cli/sources/result_source.h"
#include "cli/target.h"

namespace cox::cli {

/// A run under one of its names.
struct RunName {
  std::string series;
  std::string run;
  std::string digest;
};

/// SERIES/RUN, RUN when only one series has it, or the first 8 or more characters of a digest.
/// kNotFound names the nearest run, kInvalidArgument the ones between which `text` cannot choose.
Result<RunName> find_run(ResultSource& source, const std::string& text);

/// The digest of a job: SERIES/RUN/VIDEO, RUN/VIDEO, or the first 8 or more characters of it.
Result<std::string> find_job(ResultSource& source, const std::string& text);

/// find_job in what is at `place`, which is opened when it is asked.
JobFinder job_finder(const Place& place);

}  // namespace cox::cli
