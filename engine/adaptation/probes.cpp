#include "engine/adaptation/probes.h"

#include <map>
#include <optional>

#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

/// What every question of one held-out check shares. The context sees neither noise nor text, so
/// one pass over it serves all of them; so does the text, which sees neither noise nor context.
struct CheckCaches {
  CheckCaches(const AdaptationProblem& problem, const Adapter& adapter)
      : text(problem.backbone.prepare_text(problem.text, adapter)) {
    if (problem.split.context == 0) return;
    context =
        problem.backbone.prefill(problem.latents.narrow(2, 0, problem.split.context), adapter);
  }

  std::optional<ConditionCache> context;
  TextCache text;
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
  const at::NoGradGuard no_grad;
  const LatentSplit& split = problem.split;
  const at::Tensor held_out =
      problem.latents.narrow(2, split.context + split.train, split.held_out);
  const CheckCaches caches(problem, adapter);
  CheckNoises noises(problem, held_out);
  std::vector<at::Tensor> losses;
  for (const sharing::Probe& probe : probes) {
    const at::Tensor& noise = noises.of(probe.draw);
    BackboneInput input;
    input.latents = noised(held_out, noise, probe.sigma);
    input.timestep = denoising_timesteps(0, split.held_out, probe.sigma, held_out);
    input.text = problem.text;
    input.cache = caches.context ? &*caches.context : nullptr;
    input.text_cache = &caches.text;
    const at::Tensor output = problem.backbone.forward(input, adapter);
    losses.push_back(loss_of_output(output, held_out, noise, target));
  }
  // Read only now: a GPU computes the next probe while the last one is still on its way.
  sharing::ProbeLosses values;
  for (std::size_t i = 0; i < probes.size(); ++i) values[probes[i]] = losses[i].item<double>();
  return values;
}

}  // namespace cox::engine
