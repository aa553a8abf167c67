#pragma once

#include <vector>

#include "engine/adaptation/problem.h"
#include "sharing/stop_rule.h"

namespace cox::engine {

/// The held-out loss of each probe. Draw i is the same noise in every check of a video. The train
/// latents are not in the input: held-out latents follow the context in position.
sharing::ProbeLosses probe_losses(const AdaptationProblem& problem, const Adapter& adapter,
                                  const std::vector<sharing::Probe>& probes);

}  // namespace cox::engine
