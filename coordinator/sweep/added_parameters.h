#pragma once

#include <string>

#include "base/value.h"

namespace cox::sweep {

// Parameters that the schemas gained after runs had been computed: those with `since`
// (docs/adr/0009-parameters-added-later.md). A run without one means its default.

/// Those of a method with their defaults; none for a method that this program does not know.
const Parameters& added_parameters(const std::string& method);

}  // namespace cox::sweep
