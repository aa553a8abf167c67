#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/value.h"
#include "engine/job.h"

namespace cox::engine {

/// A video of a plan's data set.
struct PlannedVideo {
  std::string id;
  std::string path;
  std::string digest;
  std::string caption;
};

/// A run as a file gives it. Lines of KEY=VALUE give parameters alone.
struct RunFile {
  std::string method;  ///< "" when the file names none
  Parameters parameters;
  std::vector<LoraFile> loras;
  std::string lpips_weights;  ///< "" when the sweep names none
  std::string lpips_weights_digest;
  std::vector<PlannedVideo> videos;
};

/// Reads what `cox plan SPEC --json` prints, of whose runs `run` names one ("" = the only one), or
/// lines of KEY=VALUE, of which blank ones and those that begin with `#` are skipped.
/// Throws EngineError (cause user) naming the file.
RunFile read_run_file(const std::string& path, const std::string& run);

}  // namespace cox::engine
