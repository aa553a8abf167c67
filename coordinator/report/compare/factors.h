#pragma once

#include <string>
#include <vector>

#include "coordinator/report/data/run_data.h"

namespace cox::report {

/// Something that a group of runs varies: `method` or a parameter, and what changes with it.
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

/// Runs that differ in one factor and in nothing else but what changes exactly where it does.
struct Ladder {
  std::string factor;
  std::vector<std::string> also;     ///< parameters that change with the factor among these runs
  std::string fixed;                 ///< "steps = 20, method = obc"; "" when nothing else varies
  std::vector<const RunData*> runs;  ///< by level
};

/// For each factor its ladders of at least two levels, at most kMostLadders in all. A ladder never
/// mixes methods unless the method is its factor; methods are compared where the parameters that
/// all of them have agree, except those that the method decides.
constexpr std::size_t kMostLadders = 24;
std::vector<Ladder> ladders_of(const std::vector<const RunData*>& runs,
                               const std::vector<Factor>& factors);

}  // namespace cox::report
