#pragma once

#include <string>

#include "coordinator/sweep/plan.h"
#include "coordinator/sweep/price.h"

namespace cox::sweep {

/// Returns the exact expansion as JSON, `format: cox-plan/1`: runs with all parameters, their
/// origins and digests, videos, and the digest of every job; with a price, also the keys of
/// price_json that the document does not have. Ends with a newline.
std::string plan_json(const SweepPlan& plan, const PlanPrice* price = nullptr);

/// Returns the price of plans as JSON, `format: cox-price/1`. Ends with a newline.
std::string price_json(const PlanPrice& price);

}  // namespace cox::sweep
