#pragma once

#include <map>
#include <string>

#include "base/status.h"

namespace cox::sweep {

/// Where the value of a parameter was written.
struct Origin {
  std::string file;  ///< as it was opened; "--set" for the command line
  int line = 0;      ///< from 1; 0 for a schema's default or a preset
  int column = 0;    ///< from 1, likewise
  /// schema, preset, extends, params, method_params, matrix, zip, include, sample, runs, derive,
  /// replicates or set
  std::string layer;
};

using Origins = std::map<std::string, Origin>;  ///< by parameter name

/// "sweeps/a.yaml:12:9 (matrix)", "default of schemas/run.yaml", "--set".
std::string origin_text(const Origin& origin);

/// Returns {layer, file, line, column} by name as JSON, without schema defaults, which follow from
/// the method.
std::string origins_json(const Origins& origins);

/// Reads what origins_json wrote. kInvalidArgument for anything else.
Result<Origins> origins_from_json(const std::string& text);

}  // namespace cox::sweep
