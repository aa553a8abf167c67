#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/adaptation/problem.h"
#include "sharing/stop_rule.h"

namespace cox::engine {

/// The held-out loss of each probe. Draw i is the same noise in every check of a video. The train
/// latents are not in the input: held-out latents follow the context in position. `before` is
/// called with a name of each probe that is the same in every check.
sharing::ProbeLosses probe_losses(const AdaptationProblem& problem, const Adapter& adapter,
                                  const std::vector<sharing::Probe>& probes,
                                  const std::function<void(const std::string&)>& before = {});

}  // namespace cox::engine
