#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/sweep/best_run.h"
#include "coordinator/sweep/plan.h"

namespace cox::sweep {

struct LoadOptions {
  /// `key=value` each, the value in YAML. The key is a parameter, `method`, or a path into the
  /// sweep file such as `backbone.model`; paths given here are relative to the working directory.
  std::vector<std::string> overrides;
  FindBest find_best = {};  ///< answers `from_best`; without it such a sweep is an error
  bool find_clips = false;  ///< also look for the file of every video
  /// Return a sweep with `waits_for` without its runs; otherwise it is an error.
  bool accept_waiting = false;
  bool find_parts = false;  ///< also look for every part of the model
};

/// Reads a sweep file with the files it extends, its manifest and the digests of its model, and
/// resolves it. All errors of the file, of its runs and of its inputs come in one status, each with
/// file:line:column, the source line and a caret: kNotFound when only files are missing, else
/// kInvalidArgument. Reading a model for the first time takes as long as hashing its files.
Result<SweepPlan> load_sweep(const std::string& path, const LoadOptions& options = {});

/// Like load_sweep, but does not read manifest and model: their parts of the plan and the digests
/// of its runs stay empty. For checking sweep files on a machine without the data.
Result<SweepPlan> load_sweep_without_inputs(const std::string& path,
                                            const LoadOptions& options = {});

}  // namespace cox::sweep
