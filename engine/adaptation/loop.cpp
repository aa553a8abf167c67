#include "engine/adaptation/loop.h"

#include <cmath>
#include <optional>

#include "base/text.h"
#include "engine/adaptation/snapshot.h"
#include "engine/stopwatch.h"
#include "engine/tensors/torch.h"
#include "sharing/early_stop.h"

namespace cox::engine {

namespace {

/// Noise levels of training are uniform from here to 1.
constexpr double kSmallestSigma = 0.001;

void require_finite(double value, const char* what, int step) {
  if (std::isfinite(value)) return;
  throw EngineError(FailureCause::kDiverged,
                    concat("adaptation diverged: ", what, " is ", value, " at step ", step,
                           "; lower lr or max_grad_norm"),
                    "not_finite");
}

/// What is random in one step.
struct StepDraw {
  at::Tensor noise;  ///< [1, C, T, H, W] of the trained frames
  double sigma = 0;
};

/// The draws of successive steps. A draw takes 10 ms on the CPU at the published size, so prepare()
/// makes the next one while a GPU still computes.
class StepDraws {
 public:
  explicit StepDraws(const AdaptationProblem& problem) : problem_(problem) { prepare(); }

  /// Returns the draw of the next step.
  StepDraw next() {
    if (!prepared_) prepare();
    StepDraw draw = std::move(*prepared_);
    prepared_.reset();
    return draw;
  }

  void prepare() {
    const LatentSplit& split = problem_.split;
    const at::Tensor trained = problem_.latents.narrow(2, split.context, split.train);
    const VideoRandom& random = problem_.random;
    prepared_ = StepDraw{random.stream(Purpose::kTrainNoise, index_).normal(trained.sizes()),
                         random.stream(Purpose::kTrainSigma, index_).uniform(kSmallestSigma, 1)};
    ++index_;
  }

 private:
  const AdaptationProblem& problem_;
  int index_ = 0;  ///< of the draw to make next; the first step draws number 0
  std::optional<StepDraw> prepared_;
};

/// The loss of a step before the update.
at::Tensor training_loss(const AdaptationProblem& problem, const Adapter& adapter,
                         LossTarget target, const StepDraw& draw) {
  const LatentSplit& split = problem.split;
  const at::Tensor clean = problem.latents.narrow(2, 0, split.context + split.train);
  const DenoisingProblem question{clean, split.context, draw.noise.to(clean.device()), draw.sigma,
                                  problem.text};
  return denoising_loss(problem.backbone, adapter, question, target);
}

/// Early stopping with its states: the start state needs no copy, since every value knows it.
class BestState {
 public:
  BestState(const AdaptationProblem& problem, Adaptation& adaptation,
            const AdaptationSettings& settings)
      : problem_(problem),
        adaptation_(adaptation),
        settings_(settings),
        losses_{anchor_loss(problem, adaptation.adapter(), settings)},
        rule_(settings.early_stop.check_every, settings.early_stop.patience, losses_.front()) {}

  bool due(int step) const { return rule_.due(step); }

  /// True when the loop must end.
  bool check(int step) {
    losses_.push_back(anchor_loss(problem_, adaptation_.adapter(), settings_));
    if (rule_.observe(step, losses_.back())) best_ = Snapshot::of(adaptation_.groups());
    return rule_.stopped();
  }

  void finish(AdaptationSummary& summary) {
    if (best_) {
      best_->restore(adaptation_);
    } else {
      restore_start(adaptation_);
    }
    summary.best_step = static_cast<int>(rule_.best_step());
    summary.anchor_losses = losses_;
  }

 private:
  const AdaptationProblem& problem_;
  Adaptation& adaptation_;
  const AdaptationSettings& settings_;
  std::vector<double> losses_;
  sharing::EarlyStop rule_;
  std::optional<Snapshot> best_;
};

/// Runs the optimiser step number `step`, counted from 1; returns its loss.
double take_step(const AdaptationProblem& problem, Adaptation& adaptation, Optimizer& optimizer,
                 LossTarget target, int step, StepDraws& draws) {
  const at::Tensor loss = training_loss(problem, adaptation.adapter(), target, draws.next());
  draws.prepare();
  const double value = loss.item<double>();
  require_finite(value, "the loss", step);
  loss.backward();
  for (const double norm : optimizer.step()) require_finite(norm, "the gradient's norm", step);
  adaptation.parameters_changed();
  return value;
}

/// What every question of one held-out check shares. The context sees neither noise nor text, so
/// one pass over it serves all of them; so does the text, which sees neither noise nor context.
struct AnchorCaches {
  AnchorCaches(const AdaptationProblem& problem, const Adapter& adapter)
      : text(problem.backbone.prepare_text(problem.text, adapter)) {
    if (problem.split.context == 0) return;
    context =
        problem.backbone.prefill(problem.latents.narrow(2, 0, problem.split.context), adapter);
  }

  std::optional<ConditionCache> context;
  TextCache text;
};

/// The fixed noises of a video's checks, each of the held-out latents' shape.
std::vector<at::Tensor> anchor_noises(const AdaptationProblem& problem, const at::Tensor& held_out,
                                      std::int64_t draws) {
  std::vector<at::Tensor> noises;
  for (std::int64_t draw = 0; draw < draws; ++draw) {
    noises.push_back(problem.random.stream(Purpose::kEarlyStopNoise, draw)
                         .normal(held_out.sizes())
                         .to(held_out.device()));
  }
  return noises;
}

}  // namespace

double anchor_loss(const AdaptationProblem& problem, const Adapter& adapter,
                   const AdaptationSettings& settings) {
  const at::NoGradGuard no_grad;
  const LatentSplit& split = problem.split;
  const at::Tensor held_out =
      problem.latents.narrow(2, split.context + split.train, split.held_out);
  const AnchorCaches caches(problem, adapter);
  const std::vector<at::Tensor> noises =
      anchor_noises(problem, held_out, settings.early_stop.noise_draws);
  std::vector<at::Tensor> losses;
  for (const double sigma : settings.early_stop.sigmas) {
    for (const at::Tensor& noise : noises) {
      BackboneInput input;
      input.latents = noised(held_out, noise, sigma);
      input.timestep = denoising_timesteps(0, split.held_out, sigma, held_out);
      input.text = problem.text;
      input.cache = caches.context ? &*caches.context : nullptr;
      input.text_cache = &caches.text;
      const at::Tensor output = problem.backbone.forward(input, adapter);
      losses.push_back(loss_of_output(output, held_out, noise, settings.target));
    }
  }
  double sum = 0;
  for (const at::Tensor& loss : losses) sum += loss.item<double>();
  return sum / static_cast<double>(losses.size());
}

AdaptationSummary optimise(const AdaptationProblem& problem, Adaptation& adaptation,
                           const AdaptationSettings& settings, JobMonitor& monitor,
                           LoopTimings& timings) {
  const at::Device device = problem.backbone.device();
  AdaptationSummary summary;
  summary.trainable_parameters = trainable_parameters(adaptation.groups());
  const auto optimizer = make_optimizer(settings.optimizer, adaptation.groups());
  std::optional<BestState> best;
  if (settings.early_stop.enabled && problem.split.held_out > 0) {
    const Stopwatch watch(timings.early_stop_s, device);
    best.emplace(problem, adaptation, settings);
  }
  StepDraws draws(problem);
  bool stopped = false;
  for (int step = 1; step <= settings.steps && !stopped; ++step) {
    monitor.progress("train", step - 1, settings.steps);
    {
      const Stopwatch watch(timings.train_s, device);
      summary.losses.push_back(
          take_step(problem, adaptation, *optimizer, settings.target, step, draws));
    }
    summary.steps_run = step;
    if (best && best->due(step)) {
      const Stopwatch watch(timings.early_stop_s, device);
      stopped = best->check(step);
    }
  }
  summary.stopped = stopped;
  summary.best_step = summary.steps_run;
  if (best) best->finish(summary);
  summary.parameter_norm = change_norm(adaptation.groups());
  return summary;
}

}  // namespace cox::engine
