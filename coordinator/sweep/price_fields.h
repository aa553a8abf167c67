#pragma once

#include <nlohmann/json.hpp>

#include "coordinator/sweep/price.h"

namespace cox::sweep {

/// The price as the keys of a JSON document.
nlohmann::ordered_json price_fields(const PlanPrice& price);

}  // namespace cox::sweep
