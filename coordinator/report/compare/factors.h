#pragma once

#include <string>
#include <vector>

#include "coordinator/report/data/run_data.h"

namespace cox::report {

/// What a group of runs varies: `method` or a parameter, with what moves in step with it.
struct Factor {
  std::string name;
  std::vector<std::string> also;    ///< parameters that change exactly where this one does
  std::vector<std::string> levels;  ///< distinct values, numbers ascending, as people read them
};

/// The value of a factor in a run, as people read it: texts without quotes; "-" when the run's
/// method has no such parameter.
std::string level_of(const RunData& run, const std::string& factor);

/// The factors that `runs` vary among themselves, in this order: method, then parameters by name.
/// A parameter that only some of the runs have is none; neither is one that another factor decides
/// (the learning rate that each method was given).
std::vector<Factor> factors_of(const std::vector<const RunData*>& runs);

/// Runs that agree on every factor but one, with the levels of that one.
struct Slice {
  std::string factor;
  std::string fixed;                 ///< "steps = 20, groups = 4"; "" when nothing else varies
  std::vector<const RunData*> runs;  ///< by level
};

/// For each factor the slices with at least two levels of it, at most kMostSlices in all.
constexpr std::size_t kMostSlices = 24;
std::vector<Slice> slices_of(const std::vector<const RunData*>& runs,
                             const std::vector<Factor>& factors);

}  // namespace cox::report
