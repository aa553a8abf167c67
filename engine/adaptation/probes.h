#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/adaptation/loss.h"
#include "engine/adaptation/problem.h"
#include "sharing/stop_rule.h"

namespace cox::engine {

/// Returns the answer of a method to a question, by its name; `compute` runs the backbone with the
/// given adapter.
using Answering = std::function<at::Tensor(
    const std::string& question, const std::function<at::Tensor(const Adapter& adapter)>& compute)>;

/// The held-out loss of each probe. Draw i is the same noise in every check of a video. The train
/// latents are not in the input: held-out latents follow the context in position.
sharing::ProbeLosses probe_losses(const AdaptationProblem& problem, const Adapter& adapter,
                                  const std::vector<sharing::Probe>& probes, LossTarget target);
/// The same, by what answers.
sharing::ProbeLosses probe_losses(const AdaptationProblem& problem,
                                  const std::vector<sharing::Probe>& probes, LossTarget target,
                                  const Answering& answer);

}  // namespace cox::engine
