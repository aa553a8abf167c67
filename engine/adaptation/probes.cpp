#include "engine/adaptation/probes.h"

#include <map>

#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

/// The fixed noises of a video's checks, each of the shape of the frames that the rule noises and
/// made once.
class CheckNoises {
 public:
  explicit CheckNoises(const AdaptationProblem& problem) : problem_(problem) {
    const LatentSplit& split = problem.split;
    shape_ = problem.latents.sizes().vec();
    shape_[2] = split.held_out + (problem.rule.noises_context() ? split.context : 0);
  }

  const at::Tensor& of(std::int64_t draw) {
    at::Tensor& noise = noises_[draw];
    if (!noise.defined()) {
      noise = problem_.random.stream(Purpose::kEarlyStopNoise, draw)
                  .normal(shape_)
                  .to(problem_.latents.device());
    }
    return noise;
  }

 private:
  const AdaptationProblem& problem_;
  std::vector<std::int64_t> shape_;
  std::map<std::int64_t, at::Tensor> noises_;
};

}  // namespace

sharing::ProbeLosses probe_losses(const AdaptationProblem& problem, const Adapter& adapter,
                                  const std::vector<sharing::Probe>& probes) {
  const at::NoGradGuard no_grad;
  const LatentSplit& split = problem.split;
  const at::Tensor held_out =
      problem.latents.narrow(2, split.context + split.train, split.held_out);
  const auto questions = problem.rule.questions(
      problem.backbone, adapter, problem.latents.narrow(2, 0, split.context), problem.text);
  CheckNoises noises(problem);
  std::vector<at::Tensor> losses;
  for (const sharing::Probe& probe : probes) {
    losses.push_back(questions->loss(held_out, noises.of(probe.draw), probe.sigma));
  }
  // Read only now: a GPU computes the next probe while the last one is still on its way.
  sharing::ProbeLosses values;
  for (std::size_t i = 0; i < probes.size(); ++i) values[probes[i]] = losses[i].item<double>();
  return values;
}

}  // namespace cox::engine
