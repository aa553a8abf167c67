#pragma once

#include <string>

#include "coordinator/sweep/plan.h"

namespace cox::test {

/// A resolved sweep without files behind it: runs that differ in their seed, on videos that do not
/// exist. Equal arguments give equal digests; another `first_seed` gives other runs.
sweep::SweepPlan sample_plan(const std::string& series, int runs, int videos, int first_seed = 0);

}  // namespace cox::test
