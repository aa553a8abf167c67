#pragma once

#include <map>
#include <string>
#include <vector>

#include "record/job.h"
#include "record/value.h"

namespace cox::engine {

/// A run read from a file. Lines of KEY=VALUE give only parameters.
struct RunFile {
  std::string method;  ///< "" if the file does not name one
  Parameters parameters;
  std::vector<WeightFile> loras;
  std::map<std::string, WeightFile> metric_weights;
  std::vector<Video> videos;
};

/// Reads the output of `cox plan SPEC --json`, from which `run` selects one run ("" = the only
/// run), or lines of KEY=VALUE, skipping blank lines and lines that begin with `#`. Throws
/// EngineError (cause user) naming the file.
RunFile read_run_file(const std::string& path, const std::string& run);

}  // namespace cox::engine
