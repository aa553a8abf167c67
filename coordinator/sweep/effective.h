#pragma once

#include <string>
#include <vector>

#include "coordinator/sweep/model_facts.h"
#include "coordinator/sweep/plan.h"

namespace cox::sweep {

/// Returns the parameters that decide what `run` computes, in one form: what is not read is left
/// out, and settings that mean the same are made equal, for example held-out fractions that come to
/// the same latent frames. The one function that knows which settings are equal.
Parameters effective_parameters(const Run& run, const ModelFacts& facts);

/// Returns the runs with different digests that compute the same, in the order of `runs`, by
/// `Run::effect`.
std::vector<EqualRuns> equal_in_effect(const std::vector<Run>& runs);

/// Returns the names of runs that compute the same on the same data set, as `series/run`, one list
/// for each group of two or more: same digest or equal in effect. Sorted within and among groups.
std::vector<std::vector<std::string>> duplicates_among(const std::vector<SweepPlan>& plans);

}  // namespace cox::sweep
