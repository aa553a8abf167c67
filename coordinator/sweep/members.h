#pragma once

#include <string>
#include <vector>

#include "record/value.h"

namespace cox::sweep {

/// Returns the prefix of the names of each member's own parameters in a run of `method`: ""
/// for a single method, `adasteer.` and `norm.` for methods that act together.
std::vector<std::string> member_prefixes(const std::string& method);

/// Returns the parameters of a run as its method `member` sees them: its own without the prefix,
/// and those that all have in common.
Parameters member_view(const std::string& method, const std::string& member,
                       const Parameters& parameters);

}  // namespace cox::sweep
