#pragma once

#include <map>
#include <string>
#include <vector>

#include "record/job.h"
#include "record/value.h"

namespace cox::engine {

/// A run read from a file. Lines of KEY=VALUE give only parameters.
struct RunFile {
  std::string method;  ///< "" when the file names none
  Parameters parameters;
  std::vector<WeightFile> loras;
  std::map<std::string, WeightFile> metric_weights;
  std::vector<Video> videos;
};

/// Reads what `cox plan SPEC --json` prints, of whose runs `run` names one ("" = the only one), or
/// lines of KEY=VALUE, of which blank ones and those that begin with `#` are skipped.
/// Throws EngineError (cause user) naming the file.
RunFile read_run_file(const std::string& path, const std::string& run);

}  // namespace cox::engine
