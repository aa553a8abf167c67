#pragma once

#include <string>
#include <vector>

#include "base/status.h"

namespace cox::cli {

/// A field in which two runs differ, as canonical JSON texts; "" = the run has no such field.
struct Difference {
  std::string field;
  std::string ours;
  std::string theirs;

  bool operator==(const Difference&) const = default;
};

/// Everything of a run that can change a result, as v_runs shows it.
struct RunIdentity {
  std::string name;
  std::string digest;
  std::string method;
  std::string backbone;
  std::string model_digest;
  std::string parameters;  ///< a JSON object
};

/// Field by field, in name order. kInternal when `parameters` is not a JSON object.
Result<std::vector<Difference>> differences(const RunIdentity& ours, const RunIdentity& theirs);

}  // namespace cox::cli
