#include "engine/adaptation/probes.h"

#include <fmt/format.h>

#include <map>

#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

/// The questions of a check, by which latents they take as context: those before the training's, or
/// those that end where the held-out ones begin.
class Questions {
 public:
  Questions(const AdaptationProblem& problem, const Adapter& adapter)
      : problem_(problem), adapter_(adapter) {}

  const HeldOutQuestions& after(sharing::CheckContext context) {
    std::unique_ptr<HeldOutQuestions>& made = made_[context];
    if (made != nullptr) return *made;
    const LatentSplit& split = problem_.split;
    const std::int64_t first = context == sharing::CheckContext::kAdjacent ? split.train : 0;
    made = problem_.rule.questions(problem_.backbone, adapter_,
                                   problem_.latents.narrow(2, first, split.context), problem_.text);
    return *made;
  }

 private:
  const AdaptationProblem& problem_;
  const Adapter& adapter_;
  std::map<sharing::CheckContext, std::unique_ptr<HeldOutQuestions>> made_;
};

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
                                  const std::vector<sharing::Probe>& probes,
                                  const std::function<void(const std::string&)>& before) {
  const at::NoGradGuard no_grad;
  const LatentSplit& split = problem.split;
  const at::Tensor held_out =
      problem.latents.narrow(2, split.context + split.train, split.held_out);
  Questions questions(problem, adapter);
  CheckNoises noises(problem);
  std::vector<at::Tensor> losses;
  for (const sharing::Probe& probe : probes) {
    const HeldOutQuestions& question = questions.after(probe.context);
    if (before) {
      before(
          fmt::format("probe {} {} {}", probe.sigma, probe.draw, static_cast<int>(probe.context)));
    }
    losses.push_back(question.loss(held_out, noises.of(probe.draw), probe.sigma));
  }
  // Read the losses only now, so that a GPU can compute the next probe while the last loss is in
  // transfer.
  sharing::ProbeLosses values;
  for (std::size_t i = 0; i < probes.size(); ++i) values[probes[i]] = losses[i].item<double>();
  return values;
}

}  // namespace cox::engine
