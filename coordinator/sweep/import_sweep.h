#pragma once

#include <string>

#include "base/status.h"

namespace cox::sweep {

/// The values that a sweep file of the older format does not contain.
struct ImportOptions {
  std::string manifest;
  std::string model;
};

/// A sweep file in this program's shape.
struct ImportedSweep {
  std::string series;
  std::string text;
};

/// Reads a sweep file of the shape that the AdaSteer study's scripts had: `method`, `series`,
/// `series_name`, `description`, `fixed: {...}` and `sweep: [{run_id: ..., ...}]`, keys in either
/// case and lists as strings with commas. What is the same in every row goes to `params`. Every key
/// that has no counterpart here is an error with its place; all of them come at once.
Result<ImportedSweep> import_sweep(const std::string& path, const ImportOptions& options);

}  // namespace cox::sweep
