#pragma once

#include <string>
#include <vector>

#include "coordinator/report/data/run_data.h"

namespace cox::report {

// Runs that repeat a study's errors are measurements of these errors: wherever their numbers stand,
// a mark stands next to them.

/// Begins the mark of a run that repeats a study, `replicate adasteer-2026`.
inline constexpr const char* kReplicateMark = "replicate";

/// Heads a column of marks.
inline constexpr const char* kMarks = "marks";

/// What must be known of a run beside its numbers, in a fixed order; none for most runs.
std::vector<std::string> marks_of(const RunData& run);

/// "adasteer-1 (flipped target)"; the name alone without marks.
std::string with_marks(const std::string& name, const std::vector<std::string>& marks);

/// One sentence for each mark that some of the runs have and others could have, but do not.
std::vector<std::string> mark_warnings(const std::vector<RunData>& runs);

}  // namespace cox::report
