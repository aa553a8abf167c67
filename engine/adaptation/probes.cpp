#include "engine/adaptation/probes.h"

#include <fmt/format.h>

#include <map>
#include <optional>

#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

/// What the questions of one held-out check share. A context sees neither noise nor text, so one
/// pass over it serves all of them; so does the text, which sees neither noise nor context.
class CheckCaches {
 public:
  CheckCaches(const AdaptationProblem& problem, const Adapter& adapter)
      : problem_(problem),
        adapter_(adapter),
        text_(problem.backbone.prepare_text(problem.text, adapter)) {}

  const TextCache& text() const { return text_; }

  /// Returns nullptr when there is no context.
  const ConditionCache* context(sharing::CheckContext which) {
    const LatentSplit& split = problem_.split;
    if (split.context == 0) return nullptr;
    const auto found = contexts_.find(which);
    if (found != contexts_.end()) return &found->second;
    // As many latents before the held-out ones begin where the context would end at the start.
    const std::int64_t first = which == sharing::CheckContext::kAdjacent ? split.train : 0;
    const at::Tensor latents = problem_.latents.narrow(2, first, split.context);
    return &contexts_.emplace(which, problem_.backbone.prefill(latents, adapter_)).first->second;
  }

 private:
  const AdaptationProblem& problem_;
  const Adapter& adapter_;
  TextCache text_;
  std::map<sharing::CheckContext, ConditionCache> contexts_;
};

/// The fixed noises of a video's checks, each of the held-out latents' shape and made once.
class CheckNoises {
 public:
  CheckNoises(const AdaptationProblem& problem, at::Tensor held_out)
      : problem_(problem), held_out_(std::move(held_out)) {}

  const at::Tensor& of(std::int64_t draw) {
    at::Tensor& noise = noises_[draw];
    if (!noise.defined()) {
      noise = problem_.random.stream(Purpose::kEarlyStopNoise, draw)
                  .normal(held_out_.sizes())
                  .to(held_out_.device());
    }
    return noise;
  }

 private:
  const AdaptationProblem& problem_;
  at::Tensor held_out_;
  std::map<std::int64_t, at::Tensor> noises_;
};

}  // namespace

sharing::ProbeLosses probe_losses(const AdaptationProblem& problem, const Adapter& adapter,
                                  const std::vector<sharing::Probe>& probes, LossTarget target) {
  return probe_losses(problem, probes, target,
                      [&](const std::string&, const auto& compute) { return compute(adapter); });
}

sharing::ProbeLosses probe_losses(const AdaptationProblem& problem,
                                  const std::vector<sharing::Probe>& probes, LossTarget target,
                                  const Answering& answer) {
  const at::NoGradGuard no_grad;
  const LatentSplit& split = problem.split;
  const at::Tensor held_out =
      problem.latents.narrow(2, split.context + split.train, split.held_out);
  std::optional<CheckCaches> caches;  // only if something is computed
  CheckNoises noises(problem, held_out);
  std::vector<at::Tensor> losses;
  for (const sharing::Probe& probe : probes) {
    const at::Tensor& noise = noises.of(probe.draw);
    const auto compute = [&](const Adapter& adapter) {
      if (!caches) caches.emplace(problem, adapter);
      BackboneInput input;
      input.latents = noised(held_out, noise, probe.sigma);
      input.timestep = denoising_timesteps(0, split.held_out, probe.sigma, held_out);
      input.text = problem.text;
      input.cache = caches->context(probe.context);
      input.text_cache = &caches->text();
      return problem.backbone.forward(input, adapter);
    };
    const std::string question =
        fmt::format("probe {} {} {}", probe.sigma, probe.draw, static_cast<int>(probe.context));
    losses.push_back(loss_of_output(answer(question, compute), held_out, noise, target));
  }
  // Read only now: a GPU computes the next probe while the last one is still on its way.
  sharing::ProbeLosses values;
  for (std::size_t i = 0; i < probes.size(); ++i) values[probes[i]] = losses[i].item<double>();
  return values;
}

}  // namespace cox::engine
