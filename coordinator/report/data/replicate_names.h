#pragma once

#include <string>
#include <vector>

#include "coordinator/report/data/run_data.h"

namespace cox::report {

/// The parameter that `replicates` of a sweep writes.
inline constexpr const char* kReplicateParameter = "replicate";

/// Whether `name` is a replicate of what is called `group`: `full-r2` of `full`; where a sweep's
/// template names replicates its own way, `c14-2-full` of `c14-*-full`.
bool is_replicate_of(const std::string& name, const std::string& group);

/// The replicate's number as text; "" for a run whose method has no replicates.
std::string replicate_number(const RunData& run);

/// "full" for replicate 2 called `full-r2`; "" for a name that has the number elsewhere, or not.
std::string stem_of(const RunData& run);

/// The name of replicates together: their stem, or what their names share with `*` for the
/// number. `members` is not empty.
std::string shared_name(const std::vector<const RunData*>& members);

/// Makes the names of a series' runs and averages unique. A run that has an average's name and is
/// one of its replicates, submitted before the sweep had any, is dropped; an average whose name
/// another configuration has is called by all its replicates (`a-r0+a-r1`).
void settle_names(std::vector<RunData>& runs);

}  // namespace cox::report
