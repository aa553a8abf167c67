#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/adaptation/problem.h"
#include "sharing/stop_rule.h"

namespace cox::engine {

/// Returns the held-out loss of each probe. Draw i is the same noise in every check of a video. The
/// input omits the train latents: the held-out latents take the positions after the context. Calls
/// `before` with each probe's name, which is the same in every check.
sharing::ProbeLosses probe_losses(const AdaptationProblem& problem, const Adapter& adapter,
                                  const std::vector<sharing::Probe>& probes,
                                  const std::function<void(const std::string&)>& before = {});

}  // namespace cox::engine
