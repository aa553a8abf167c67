#pragma once

#include <string>

#include "base/value.h"

namespace cox::engine {

/// A run as a file gives it.
struct RunFile {
  std::string method;  ///< "" when the file names none
  Parameters parameters;
};

/// Reads what `cox plan SPEC --json` prints, of whose runs `run` names one ("" = the only one), or
/// lines of KEY=VALUE, of which blank ones and those that begin with `#` are skipped.
/// Throws EngineError (cause user) naming the file.
RunFile read_run_file(const std::string& path, const std::string& run);

}  // namespace cox::engine
