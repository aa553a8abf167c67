#pragma once

#include <vector>

#include "coordinator/sweep/model_facts.h"
#include "coordinator/sweep/plan.h"

namespace cox::sweep {

/// The parameters that decide what `run` computes, in one form: what is not read is left out, and
/// settings that mean the same are made equal, as held-out fractions of the same latent frames.
Parameters effective_parameters(const Run& run, const ModelFacts& facts);

/// Runs with different digests that compute the same, in the order of `runs`.
std::vector<EqualRuns> equal_in_effect(const std::vector<Run>& runs, const ModelFacts& facts);

}  // namespace cox::sweep
