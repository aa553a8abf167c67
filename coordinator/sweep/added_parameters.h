#pragma once

#include <string>

#include "record/value.h"

namespace cox::sweep {

/// Returns the parameters that the schemas gained after runs of `method` on `backbone` had been
/// computed (`since`), each with its default, which is what earlier runs mean. See docs/adr/0009.
Parameters added_parameters(const std::string& method, const std::string& backbone);

/// Returns `parameters` without those that were added later and have their default: what a run's
/// digest covers.
Parameters without_added_defaults(const std::string& method, const std::string& backbone,
                                  Parameters parameters);

}  // namespace cox::sweep
