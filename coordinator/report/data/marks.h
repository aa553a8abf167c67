#pragma once

#include <string>
#include <vector>

#include "coordinator/report/data/run_data.h"

namespace cox::report {

// Runs that repeat a study's errors measure these errors: wherever their numbers are printed, a
// mark is printed next to them.

/// Begins the mark of a run that repeats a study, `replicate adasteer-2026`.
inline constexpr const char* kReplicateMark = "replicate";

/// Heads a column of marks.
inline constexpr const char* kMarks = "marks";

/// Returns what a reader must know of a run besides its numbers, in a fixed order; most runs have
/// no mark.
std::vector<std::string> marks_of(const RunData& run);

/// "adasteer-1 (flipped target)"; only the name without marks.
std::string with_marks(const std::string& name, const std::vector<std::string>& marks);

/// One sentence for each mark that some of the runs have and others could have, but do not.
std::vector<std::string> mark_warnings(const std::vector<RunData>& runs);

}  // namespace cox::report
