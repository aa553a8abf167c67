#pragma once

#include <map>
#include <string>
#include <vector>

#include "coordinator/report/data/run_data.h"

namespace cox::report {

/// A field in which two runs differ, as canonical JSON texts; "" = the run has no such field.
struct Difference {
  std::string field;
  std::string ours;
  std::string theirs;

  bool operator==(const Difference&) const = default;
};

/// Values by name, each as canonical JSON.
using Fields = std::map<std::string, std::string>;

/// Field by field, in name order.
std::vector<Difference> differences(const Fields& ours, const Fields& theirs);

/// The names of parameters, `method` not included, that both runs have with different values.
std::vector<std::string> shared_parameters_that_differ(const RunData& a, const RunData& b);

}  // namespace cox::report
